import { initialise, trainableCount } from '@ddad/models';
import { expect, test } from 'vitest';
import { critic, encoder, generator } from './networks.ts';

test('has the source’s layers, and as many values at its width', () => {
  const w = 64;
  const block = (i: number, o: number, hidden: number) =>
    9 * i * hidden + 9 * hidden * o + o + i * o + o + 2 * i + 2 * hidden;
  const down = [1, 2, 4, 8, 8].map((n) => n * w);
  const trunk = 9 * w + w + [0, 1, 2, 3].reduce((sum, n) => sum + block(down[n]!, down[n + 1]!, down[n]!), 0);
  expect(trainableCount(critic(w).parameters)).toBe(trunk + 8192 + 1);
  expect(trainableCount(encoder(w).parameters)).toBe(trunk + 8192 * 128 + 128);
  const up = [8, 8, 4, 2, 1].map((n) => n * w);
  const blocks = [0, 1, 2, 3].reduce((sum, n) => sum + block(up[n]!, up[n + 1]!, up[n + 1]!), 0);
  expect(trainableCount(generator(w).parameters)).toBe(128 * 8192 + 8192 + blocks + 2 * w + 9 * w + 1);
});

test('begins with weights of the source’s spread, and biases of 0', () => {
  const of = critic(16).parameters;
  const begun = initialise(of, 1);
  const bound = (name: string) =>
    begun.get(name)!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // 3·√(4/(fan-in + fan-out)) of a 3×3 convolution of 128 to 128 channels: He; without the 4, of the shortcut: Glorot.
  expect(bound('critic.block4.conv1.weight') / Math.sqrt((3 * 4) / (9 * (128 + 128)))).toBeCloseTo(1, 3);
  expect(bound('critic.block3.shortcut.weight') / Math.sqrt((3 * 2) / (64 + 128))).toBeCloseTo(1, 3);
  expect(bound('critic.output.weight') / Math.sqrt((3 * 2) / (2048 + 1))).toBeCloseTo(1, 3);
  expect(bound('critic.block4.conv2.bias')).toBe(0);
});
