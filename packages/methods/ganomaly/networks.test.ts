import { trainableCount } from '@ddad/models';
import { expect, test } from 'vitest';
import { discriminator, generator } from './networks.ts';
import { discriminatorAgain, drawAgainWhereItWon } from './train-generator.ts';

const side = 64;

test('has the source’s layers, and as many values', () => {
  const convolutions = (norms: number) => 16 * (1 * 16 + 16 * 32 + 32 * 64 + 64 * 64) + 2 * norms;
  const encoder = convolutions(16 + 32 + 64 + 64) + (1024 * 1024 + 1024) + (1024 * 16 + 16);
  const decoder = convolutions(64 + 32 + 16) + (16 * 1024 + 1024) + (1024 * 1024 + 1024);
  expect(trainableCount(generator(side).parameters)).toBe(2 * encoder + decoder);
  expect(trainableCount(discriminator(side).parameters)).toBe(encoder - (1024 * 16 + 16) + 1025);
});

test('a discriminator drawn anew has convolutions and scales of the source’s spread, by seed and epoch; all else stays', () => {
  const again = discriminatorAgain(side, 7, 3);
  expect([...again.keys()]).toEqual(
    [1, 2, 3, 4].flatMap((block) =>
      ['0.weight', '1.weight', '1.bias'].map((name) => `netd.en_block${block}.model.${name}`),
    ),
  );
  const of = (name: string) => [...again.get(`netd.en_block4.model.${name}`)!.data];
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = (values: number[]) => {
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  };
  // 65,536 draws: five standard errors.
  expect(Math.abs(mean(of('0.weight')))).toBeLessThan((5 * 0.02) / 256);
  expect(Math.abs(spread(of('0.weight')) / 0.02 - 1)).toBeLessThan(0.02);
  expect(Math.abs(mean(of('1.weight')) - 1)).toBeLessThan((5 * 0.02) / 8);
  expect(new Set(of('1.bias'))).toEqual(new Set([0]));
  const bytes = (epoch: number, seed = 7) =>
    Buffer.from(
      discriminatorAgain(side, seed, epoch).get('netd.en_block1.model.0.weight')!.data.buffer,
    ).toString('hex');
  expect(bytes(3)).toBe(bytes(3));
  expect(new Set([bytes(3), bytes(4), bytes(3, 8)]).size).toBe(3);
});

test('a discriminator is drawn anew before the epoch behind one that it won, and at no other time', () => {
  const replaced: ReadonlyMap<string, unknown>[] = [];
  const step = { replace: (tensors: ReadonlyMap<string, unknown>) => void replaced.push(tensors) };
  const before = (epoch: number, ...losses: number[]) =>
    drawAgainWhereItWon(
      step,
      { imageSize: side, seed: 7 },
      epoch,
      losses.map((loss) => ({ generator: 50, discriminator: loss })),
    );
  before(0);
  before(1, 1e-5);
  before(2, 1e-6, 0.5);
  expect(replaced).toEqual([]);
  before(3, 0.7, 0.5, 9e-6);
  expect(replaced).toEqual([discriminatorAgain(side, 7, 3)]);
});
