import { randomStream } from '@ddad/compute';
import { describe, expect, test } from 'vitest';
import { applyPatch, drawPatch, type Patch, patchLabel } from './synthetic-anomaly.ts';

/** A stream that gives these numbers, and notes which integers were asked for. */
function scripted(uniforms: number[], integers: number[]) {
  const asked: [number, number][] = [];
  return {
    asked,
    uniform: () => uniforms.shift()!,
    integer(min: number, max: number) {
      asked.push([min, max]);
      return integers.shift()!;
    },
  };
}

describe('drawing a patch', () => {
  test('draws source, centre and half-width from the published ranges', () => {
    const stream = scripted([0.49, 0.3], [4, 20, 30, 5]);
    // Source 4 of the 9 others of image 2: indices 0, 1, 3, 4, 5 … so the fifth is 5.
    expect(drawPatch(stream, 2, 10)).toEqual({
      source: 5,
      top: 15,
      bottom: 25,
      left: 25,
      right: 35,
      alpha: 0.3,
    });
    expect(stream.asked).toEqual([
      [0, 8],
      [6, 56],
      [6, 56],
      [3, 12],
    ]);
  });

  test('clips at the borders', () => {
    expect(drawPatch(scripted([0, 0], [0, 6, 56, 12]), 1, 2)).toEqual({
      source: 0,
      top: 0,
      bottom: 18,
      left: 44,
      right: 64,
      alpha: 0,
    });
  });

  test('leaves the image as it is from 0.5 on', () => {
    expect(drawPatch(scripted([0.5], []), 0, 2)).toBeNull();
  });

  test('scales the ranges with the image', () => {
    const stream = scripted([0, 0], [0, 12, 12, 6]);
    drawPatch(stream, 0, 2, 128);
    // ⌊12.8⌋ … ⌊115.2⌋ − 1 and ⌊6.4⌋ … ⌊25.6⌋
    expect(stream.asked.slice(1)).toEqual([
      [12, 114],
      [12, 114],
      [6, 25],
    ]);
  });

  test('is a function of the stream alone', () => {
    const draw = () => Array.from({ length: 20 }, (_, i) => drawPatch(randomStream(7, 'patch', 3, i), i, 50));
    expect(draw()).toEqual(draw());
    expect(new Set(draw().map((patch) => JSON.stringify(patch))).size).toBeGreaterThan(5);
  });

  test('keeps frequency, size, place and source over many draws', () => {
    const draws = 20_000;
    const images = 5;
    const stream = randomStream(1, 'patches');
    const patches: Patch[] = [];
    const sources = new Map<number, number>();
    for (let i = 0; i < draws; i += 1) {
      const image = i % images;
      const patch = drawPatch(stream, image, images);
      if (patch === null) continue;
      patches.push(patch);
      expect(patch.source).not.toBe(image);
      const shift = (patch.source - image + images) % images;
      sources.set(shift, (sources.get(shift) ?? 0) + 1);
    }
    // Binomial(20000, 1/2): standard deviation √(20000/4) = 70.7; five of them.
    expect(Math.abs(patches.length - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
    // Each of the four others a quarter of the time, within five standard deviations.
    expect([...sources.keys()].sort()).toEqual([1, 2, 3, 4]);
    const n = patches.length;
    for (const times of sources.values())
      expect(Math.abs(times - n / 4)).toBeLessThan(5 * Math.sqrt(n * 0.25 * 0.75));
    for (const { top, bottom, left, right, alpha } of patches) {
      expect(top >= 0 && left >= 0 && bottom <= 64 && right <= 64).toBe(true);
      // At the border a half of the patch may be cut off, never more.
      expect(bottom - top >= 3 && bottom - top <= 24 && right - left >= 3 && right - left <= 24).toBe(true);
      expect(alpha >= 0 && alpha < 1).toBe(true);
    }
    const inner = patches.filter(
      ({ top, left, bottom, right }) => top > 0 && left > 0 && bottom < 64 && right < 64,
    );
    for (const { top, bottom, left, right } of inner) expect(bottom - top).toBe(right - left);
    const halves = new Set(inner.map(({ top, bottom }) => (bottom - top) / 2));
    expect([...halves].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    // U(0, 1): mean 1/2 with standard deviation √(1/12n).
    const mean = patches.reduce((sum, { alpha }) => sum + alpha, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
  });

  test('refuses a set without another image, and an index outside it', () => {
    const stream = scripted([], []);
    expect(() => drawPatch(stream, 0, 1)).toThrow('expected at least 2 images to blend, got 1');
    expect(() => drawPatch(stream, 5, 5)).toThrow('expected an image index from 0 to 4, got 5');
  });
});

describe('applying a patch', () => {
  const patch: Patch = { source: 1, top: 0, left: 1, bottom: 2, right: 3, alpha: 0.25 };
  const image = Float32Array.of(0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1);
  const source = new Float32Array(9).fill(-1);
  // Rows 0 and 1, columns 1 and 2: 0.75·0 − 0.25 = −0.25 and 0.75·0.5 − 0.25 = 0.125
  const blended = [0, -0.25, -0.25, 0.5, 0.125, 0.125, 1, 1, 1];

  test('blends (1 − α)·image + α·source inside and copies the image outside', () => {
    const target = new Float32Array(9).fill(9);
    applyPatch(target, image, source, patch);
    expect([...target]).toEqual(blended);
    const inPlace = image.slice();
    applyPatch(inPlace, inPlace, source, patch);
    expect([...inPlace]).toEqual(blended);
  });

  test('labels the patch with 1 and the rest with 0', () => {
    const label = new Float32Array(9).fill(9);
    patchLabel(label, patch);
    expect([...label]).toEqual([0, 1, 1, 0, 1, 1, 0, 0, 0]);
    patchLabel(label, null);
    expect([...label]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('refuses images of other sizes and patches beyond the image', () => {
    const target = new Float32Array(9);
    expect(() => applyPatch(target, image, new Float32Array(4), patch)).toThrow(
      'expected image and source of 9 pixels, got 9 and 4',
    );
    expect(() => patchLabel(target, { ...patch, bottom: 4 })).toThrow(
      'expected a patch within 3×3 pixels, got rows 0 to 4 and columns 1 to 3',
    );
    expect(() => patchLabel(new Float32Array(8), patch)).toThrow('expected a square image, got 8 pixels');
  });
});
