import { expect, test } from 'vitest';
import { reduceMap } from './reduce-map.ts';

const side = 64;

test('a map gives its highest 2 %, its largest local mean, the first by the image’s brightness, and its mean over the foreground', () => {
  const map = new Float32Array(side * side);
  const pixels = new Uint8Array(side * side);
  // A square of 5×5 in the upper left corner, and a column at the right; white in the columns 4 to 35, half of the image.
  for (let row = 0; row < 5; row += 1) map.fill(2, row * side, row * side + 5);
  for (let row = 0; row < side; row += 1) pixels.fill(255, row * side + 4, row * side + 36);
  const { top, peak, relative, foreground } = reduceMap(map, pixels);
  expect(top).toBeCloseTo(50 / 82);
  expect(peak).toBe(2);
  expect(relative).toBeCloseTo(50 / 82 / Math.sqrt(0.5));
  // One column of five pixels.
  expect(foreground).toBeCloseTo(10 / 2048);
});

test('a black image has the brightness of one grey level, and all of it counts', () => {
  const map = new Float32Array(side * side).fill(0.5);
  const found = reduceMap(map, new Uint8Array(side * side));
  expect(found).toEqual({ top: 0.5, peak: 0.5, relative: expect.closeTo(127.5), foreground: 0.5 });
});

test('a pixel is of the foreground from a grey of 13 on', () => {
  expect(reduceMap(Float32Array.of(1, 2, 4, 8), Uint8Array.of(0, 12, 13, 255)).foreground).toBe(6);
});

test('a map that is no square, or not its image’s, is refused', () => {
  expect(() => reduceMap(new Float32Array(6), new Uint8Array(6))).toThrow(RangeError);
  expect(() => reduceMap(new Float32Array(9), new Uint8Array(4))).toThrow(RangeError);
});
