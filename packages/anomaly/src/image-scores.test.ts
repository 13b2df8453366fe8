import { expect, test } from 'vitest';
import { imageScores } from './image-scores.ts';

test("is the mean of each image's pixels", () => {
  // (1 + 3 + 0 + 4) / 4 = 2; (0 + 0 + 0 + 1) / 4 = 0.25
  expect(imageScores(Float32Array.of(1, 3, 0, 4, 0, 0, 0, 1), 2)).toEqual([2, 0.25]);
});

test('keeps the precision of 64 bits over many pixels', () => {
  // Added up in 32 bits, 2^24 ones and more would stop growing at 2^24.
  const pixels = 2 ** 24 + 4096;
  expect(imageScores(new Float32Array(pixels).fill(1), 1)).toEqual([1]);
});

test('refuses maps that do not divide into the images', () => {
  expect(() => imageScores(new Float32Array(7), 2)).toThrow('expected maps of 2 equal images, got 7 pixels');
  expect(() => imageScores(new Float32Array(0), 2)).toThrow('expected maps of 2 equal images, got 0 pixels');
});
