import { expect, test } from 'vitest';
import { batchesOf } from './batches.ts';

test('goes through epoch after epoch, drops incomplete batches, and makes an order once in a row', () => {
  const made: number[] = [];
  const order = (epoch: number) => {
    made.push(epoch);
    return Uint32Array.from({ length: 7 }, (_, i) => (i + epoch) % 7);
  };
  const batchAt = batchesOf({ images: 7, batchSize: 3, order });
  const images = (number: number) => {
    const { order: all, start } = batchAt(number);
    return [...all.subarray(start, start + 3)];
  };
  expect([0, 1, 2, 3].map(images)).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(made).toEqual([0, 1]);
  // A resumed training begins in the middle.
  expect(batchAt(11)).toMatchObject({ epoch: 5, start: 3 });
  expect(images(0)).toEqual([0, 1, 2]);
});

test('a batch larger than the images is refused', () => {
  expect(() => batchesOf({ images: 2, batchSize: 3, order: () => new Uint32Array() })).toThrow(
    'batch size: expected at most the 2 training images, got 3',
  );
});
