import { randomStream } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import type { GreyImage } from './grey-image.ts';
import { type PatchRecipe, pastePatches } from './paste-patches.ts';

const side = 64;
const recipes: Record<string, PatchRecipe> = {
  cutpaste: { source: 'same', place: 'shifted', blend: 'replace', label: 'changed' },
  fpi: { source: 'other', place: 'same', blend: 'interpolate', label: 'factor' },
  pii: { source: 'other', place: 'same', blend: 'poisson', label: 'factor' },
  nsa: { source: 'other', place: 'resized', blend: 'poisson', label: 'intensity' },
};
/** Noise in a range of grey values. */
const noise = (seed: number, low: number, high: number): GreyImage => {
  const random = randomStream(seed, 'noise');
  return { side, pixels: Uint8Array.from({ length: side * side }, () => random.integer(low, high)) };
};
/** Grey in the left half, dark in the right one. */
const half = (image: GreyImage): GreyImage => ({
  side,
  pixels: image.pixels.map((grey, at) => (at % side < 32 ? grey : 5)),
});
const image = noise(1, 60, 255);
const other = noise(2, 60, 255);
const many = (recipe: PatchRecipe, of: GreyImage = image, from: GreyImage = other, count = 200) =>
  Array.from({ length: count }, (_, i) => pastePatches(of, from, recipe, randomStream(i, 'anomaly')));

describe.each(Object.entries(recipes))('%s', (_, recipe) => {
  it('leaves all as it is outside of its boxes, and follows from its stream alone', () => {
    for (const { image: made, label, boxes } of many(recipe, image, other, 12)) {
      const inBox = new Uint8Array(side * side);
      for (const { top, left, height, width } of boxes)
        for (let row = top; row < top + height; row += 1)
          inBox.fill(1, row * side + left, row * side + left + width);
      const outside = made.pixels.findIndex((grey, at) => inBox[at] === 0 && grey !== image.pixels[at]);
      expect(outside).toBe(-1);
      expect(label.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    const again = () => pastePatches(image, other, recipe, randomStream(3, 'anomaly'));
    expect(again()).toEqual(again());
  });

  it('pastes a patch always, and a second and a third with probability ½', () => {
    const counts = many(recipe, image, other, 600).map(({ boxes }) => boxes.length);
    // 1 + ½ + ½ on average, with a standard error of √½/√600 = 0.03; a patch of Poisson's blending may be too small.
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(mean).toBeGreaterThan(1.88);
    expect(mean).toBeLessThan(2.1);
    expect(Math.max(...counts)).toBe(3);
  });

  it('changes nothing in the dark', () => {
    const dark = noise(3, 0, 20);
    const { image: made, label, boxes } = pastePatches(dark, dark, recipe, randomStream(1, 'anomaly'));
    expect(boxes).toEqual([]);
    expect(made.pixels).toEqual(dark.pixels);
    expect(label.every((value) => value === 0)).toBe(true);
  });
});

describe('labels', () => {
  const values = (label: Float32Array) => [...new Set(label)].filter((value) => value > 0);

  it('of FPI and PII are the one factor of the image, uniform in 0.05 to 0.95', () => {
    for (const recipe of [recipes.fpi!, recipes.pii!]) {
      const factors = many(recipe, image, other, 400).flatMap(({ label }) => {
        const found = values(label);
        expect(found.length).toBeLessThanOrEqual(1);
        return found;
      });
      expect(factors.length).toBeGreaterThan(350);
      const rising = factors.toSorted((a, b) => a - b);
      const off = rising.map((value, at) => Math.abs((value - 0.05) / 0.9 - at / rising.length));
      // A small factor changes little, and may leave no label.
      expect(Math.max(...off)).toBeLessThan(0.1);
    }
  });

  it('of CutPaste are 1, of NSA 1/(1 + exp(−½(m − 4))) of whole m', () => {
    for (const { label } of many(recipes.cutpaste!, image, other, 20)) expect(values(label)).toEqual([1]);
    for (const { label } of many(recipes.nsa!, image, other, 20)) {
      for (const value of values(label)) {
        const m = 4 - 2 * Math.log(1 / value - 1);
        // Near 1 the label says no more which m it was.
        if (value < 0.999) expect(Math.abs(m - Math.round(m))).toBeLessThan(0.01);
      }
    }
  });

  it('of FPI lie where a pixel is (1 − f)·x + f·s, rounded down', () => {
    for (const { image: made, label, boxes } of many(recipes.fpi!, image, other, 50)) {
      const [factor = 0] = values(label);
      if (boxes.length !== 1 || factor === 0) continue;
      let off = 0;
      const [{ top, left, height, width }] = boxes as [(typeof boxes)[number]];
      for (let row = top; row < top + height; row += 1)
        for (let column = left; column < left + width; column += 1) {
          const at = row * side + column;
          const mixed = (1 - factor) * image.pixels[at]! + factor * other.pixels[at]!;
          if (Math.abs(made.pixels[at]! - (mixed - 0.5)) > 0.501) off += 1;
        }
      expect(off).toBe(0);
    }
  });

  it('of FPI are none where neither image shows an object', () => {
    const found = many(recipes.fpi!, half(image), half(other), 60);
    expect(found.some(({ boxes }) => boxes.some(({ left, width }) => left + width > 34))).toBe(true);
    // The median that takes grains away may move an object's border by a pixel.
    const dark = found.flatMap(({ image: { pixels } }) => [...pixels.filter((_, at) => at % side > 33)]);
    expect(new Set(dark)).toEqual(new Set([5]));
  });
});

it('refuses a source of another size', () => {
  const small = { side: 32, pixels: new Uint8Array(32 * 32) };
  expect(() => pastePatches(image, small, recipes.fpi!, randomStream(1))).toThrow(
    'source: expected an image of 64 pixels a side, got 32',
  );
});
