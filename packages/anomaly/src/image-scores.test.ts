import { describe, expect, test } from 'vitest';
import { brightness, foregroundMean, imageScores, peakMean, topMean } from './image-scores.ts';

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

describe('the mean of the highest pixels', () => {
  test('takes so many as it is told, ties among them', () => {
    const map = Float32Array.of(1, 4, 2, 4, 0, 3);
    expect(topMean(map, 1)).toBe(4);
    expect(topMean(map, 3)).toBeCloseTo(11 / 3, 12);
    expect(topMean(map, 6)).toBeCloseTo(14 / 6, 12);
    // The map itself stays as it was.
    expect([...map]).toEqual([1, 4, 2, 4, 0, 3]);
  });

  test('orders by number: a sort by text would take 9 before 10', () => {
    expect(topMean(Float32Array.of(10, 9, 0.5), 1)).toBe(10);
  });

  test('refuses no pixel, and more than there are', () => {
    for (const count of [0, 7, 1.5]) {
      expect(() => topMean(new Float32Array(6), count)).toThrow(
        `count: expected 1 to 6 pixels, got ${count}`,
      );
    }
  });
});

test('brightness is the root of the mean square of the grey values, as a share of white', () => {
  expect(brightness(Uint8Array.of(0, 255, 0, 0))).toBe(0.5);
  expect(brightness(Uint8Array.of(255, 255))).toBe(1);
  expect(brightness(Uint8Array.of(0))).toBe(0);
  expect(() => brightness(new Uint8Array())).toThrow('expected an image, got no pixels');
});

describe('the mean over the foreground', () => {
  test('is that of pixels as bright as asked for', () => {
    expect(foregroundMean(Float32Array.of(1, 4, 2, 9), Uint8Array.of(13, 200, 99, 12), 13)).toBeCloseTo(
      7 / 3,
    );
  });

  test('is that of all pixels where none is so bright', () => {
    expect(foregroundMean(Float32Array.of(1, 4), Uint8Array.of(0, 12), 13)).toBe(2.5);
  });

  test('refuses another image’s size, and none', () => {
    const message = 'expected a map and its image, got 2 and 1 pixels';
    expect(() => foregroundMean(new Float32Array(2), new Uint8Array(1), 13)).toThrow(message);
    expect(() => foregroundMean(new Float32Array(0), new Uint8Array(0), 13)).toThrow(RangeError);
  });
});

describe('the largest local mean', () => {
  test('is that of the window with the largest sum, at the edges too', () => {
    // Windows of 2×2 in 3×3: sums 12, 16, 24, 28.
    expect(peakMean(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 3, 2)).toBe(7);
    expect(peakMean(Float32Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1), 3, 2)).toBe(7);
    expect(peakMean(Float32Array.of(0, 0, 0, 0, 5, 0, 0, 0, 0), 3, 3)).toBeCloseTo(5 / 9, 12);
    expect(peakMean(Float32Array.of(-3, -1, -2, -4), 2, 1)).toBe(-1);
  });

  test('equals a look at every window of a map', () => {
    const side = 17;
    const map = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * i) + (i % 7) / 3);
    for (const window of [1, 2, 5, 16, 17]) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let top = 0; top + window <= side; top += 1) {
        for (let left = 0; left + window <= side; left += 1) {
          let sum = 0;
          for (let row = top; row < top + window; row += 1) {
            for (let column = left; column < left + window; column += 1) sum += map[row * side + column]!;
          }
          largest = Math.max(largest, sum / window ** 2);
        }
      }
      expect(peakMean(map, side, window)).toBeCloseTo(largest, 10);
    }
  });

  test('refuses windows that do not fit, and maps that are no squares', () => {
    expect(() => peakMean(new Float32Array(9), 3, 4)).toThrow('window: expected 1 to 3 pixels, got 4');
    expect(() => peakMean(new Float32Array(8), 3, 2)).toThrow('expected a map of 3×3 pixels, got 8');
  });
});
