import { type RandomStream, randomStream } from '@ddad/compute';
import { describe, expect, test } from 'vitest';
import { classes, jitterGrey, type Picture, pastePatch, pasteScar, threeClasses } from './cut-and-paste.ts';

/** Every pixel has a value of its own, in 0.25..0.75: no jitter reaches 0 or 1. */
function gradient(side: number): Picture {
  const area = side * side;
  return {
    width: side,
    height: side,
    pixels: Float32Array.from({ length: area }, (_, i) => 0.25 + i / area / 2),
  };
}

/** Places of the pixels that differ. */
function changed(before: Picture, after: Picture): { left: number; top: number }[] {
  return [...after.pixels.keys()].flatMap((at) =>
    after.pixels[at] === before.pixels[at]
      ? []
      : [{ left: at % before.width, top: Math.floor(at / before.width) }],
  );
}

const draws = 2000;
const many = <T>(draw: (random: RandomStream) => T): T[] =>
  Array.from({ length: draws }, (_, i) => draw(randomStream(1, 'draw', i)));

/** Shares of values below each limit. */
const below = (values: readonly number[], limits: readonly number[]) =>
  limits.map((limit) => values.filter((value) => value < limit).length / values.length);
/** Five standard deviations of a share of so many draws. */
const tolerance = 5 * Math.sqrt(0.25 / draws);

function expectShares(found: readonly number[], expected: readonly number[]): void {
  found.forEach((share, i) => {
    expect(Math.abs(share - expected[i]!), `share ${i}: ${share}`).toBeLessThan(tolerance);
  });
}

describe('a patch', () => {
  const side = 256;
  // Only the form is looked at: what lies in the picture does not matter.
  const picture = gradient(side);
  const patches = many((random) => pastePatch(picture, random));

  test('has an area that is uniform in 2 to 15 % of the image, but for rounding', () => {
    const areas = patches.map(({ width, height }) => (width * height) / side ** 2);
    expect(Math.min(...areas)).toBeGreaterThan(0.019);
    expect(Math.max(...areas)).toBeLessThan(0.155);
    expectShares(below(areas, [0.0525, 0.085, 0.1175]), [0.25, 0.5, 0.75]);
  });

  test('has an aspect that is log-uniform in 0.3 to 3.33', () => {
    const aspects = patches.map(({ width, height }) => width / height);
    expect(Math.min(...aspects)).toBeGreaterThan(0.29);
    expect(Math.max(...aspects)).toBeLessThan(3.45);
    // Half are wider than high: uniform it would be 0.77 of them.
    expectShares(below(aspects, [Math.sqrt(0.3), 1, Math.sqrt(1 / 0.3)]), [0.25, 0.5, 0.75]);
  });

  test('comes from anywhere and goes anywhere', () => {
    for (const at of ['from', 'to'] as const) {
      const free = patches.map(({ width, height, [at]: { left, top } }) => [
        left / (side - width),
        top / (side - height),
      ]);
      for (const axis of [0, 1] as const) {
        const places = free.map((place) => place[axis]!);
        expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...places)).toBeLessThanOrEqual(1);
        expectShares(below(places, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75]);
      }
    }
  });

  test('is a piece of the image with other brightness and contrast, and nothing else changes', () => {
    const before = gradient(64);
    for (let i = 0; i < 20; i += 1) {
      const after = gradient(64);
      const { width, height, from, to } = pastePatch(after, randomStream(2, i));
      for (const { left, top } of changed(before, after)) {
        expect(left >= to.left && left < to.left + width).toBe(true);
        expect(top >= to.top && top < to.top + height).toBe(true);
      }
      const value = (of: Picture, { left, top }: { left: number; top: number }, x: number, y: number) =>
        of.pixels[(top + y) * 64 + left + x]!;
      // Jitter is linear: equal steps of grey stay equal.
      const slope = (of: Picture, corner: { left: number; top: number }) =>
        (value(of, corner, width - 1, height - 1) - value(of, corner, 0, 0)) / (width * height);
      const factor = slope(after, to) / slope(before, from);
      expect(factor).toBeGreaterThan(0.9 * 0.9 - 1e-3);
      expect(factor).toBeLessThan(1.1 * 1.1 + 1e-3);
    }
  });
});

describe('a scar', () => {
  test('is 2 to 16 pixels wide and 10 to 25 long at 256, and in proportion at 64', () => {
    for (const [side, width, height] of [
      [256, [2, 16], [10, 25]],
      // 0.5 to 4 and 2.5 to 6.25, rounded.
      [64, [1, 4], [3, 6]],
    ] as const) {
      const picture = gradient(side);
      const scars = many((random) => pasteScar(picture, random));
      const range = (of: 'width' | 'height') => {
        const sizes = scars.map((scar) => scar[of]);
        return [Math.min(...sizes), Math.max(...sizes)];
      };
      expect([range('width'), range('height')], `${side}`).toEqual([width, height]);
    }
  });

  test('is turned by up to 45 degrees either way, and lies within the image', () => {
    const before = gradient(64);
    const turns = many((random) => pasteScar(before, random).turned);
    for (let i = 0; i < 200; i += 1) {
      const after = { ...before, pixels: before.pixels.slice() };
      const { width, height, to } = pasteScar(after, randomStream(3, i));
      // Of the turned rectangle's diagonal no pixel is further away than its length.
      const reach = Math.ceil(Math.hypot(width, height));
      for (const { left, top } of changed(before, after)) {
        expect(left >= to.left && left < to.left + reach && top >= to.top && top < to.top + reach).toBe(true);
      }
    }
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(-45);
    expect(Math.max(...turns)).toBeLessThanOrEqual(45);
    expectShares(below(turns, [-22.5, 0, 22.5]), [0.25, 0.5, 0.75]);
  });

  test('covers about as many pixels as it has, whatever its turn', () => {
    let [pasted, area] = [0, 0];
    for (let i = 0; i < 50; i += 1) {
      const black: Picture = { width: 256, height: 256, pixels: new Float32Array(256 * 256).fill(0.5) };
      const before = { ...black, pixels: black.pixels.slice() };
      const { width, height } = pasteScar(black, randomStream(4, i));
      pasted += changed(before, black).length;
      area += width * height;
    }
    expect(pasted / area).toBeGreaterThan(0.95);
    expect(pasted / area).toBeLessThan(1.05);
  });
});

test('jitter changes brightness and contrast by up to a tenth, and keeps grey values in 0..1', () => {
  const means = many((random) => {
    const pixels = Float32Array.of(0.4, 0.5, 0.6);
    jitterGrey(pixels, random);
    return (pixels[0]! + pixels[1]! + pixels[2]!) / 3;
  });
  expect(Math.min(...means)).toBeGreaterThan(0.449);
  expect(Math.max(...means)).toBeLessThan(0.551);
  expectShares(below(means, [0.475, 0.5, 0.525]), [0.25, 0.5, 0.75]);
  for (let i = 0; i < 50; i += 1) {
    const pixels = Float32Array.of(0, 0, 1, 1);
    jitterGrey(pixels, randomStream(5, i));
    expect(Math.min(...pixels)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
  }
});

describe('the three classes of an image', () => {
  const image = gradient(64);
  const made = threeClasses(image, randomStream(6));

  test('leave the image as it is; the original is it, jittered as a whole, with nothing pasted', () => {
    expect(image.pixels).toEqual(gradient(64).pixels);
    const jittered = gradient(64).pixels;
    jitterGrey(jittered, randomStream(6));
    expect(made.original.pixels).toEqual(jittered);
  });

  test('differ from the original by a patch, and by a scar', () => {
    const patch = changed(made.original, made.patch).length;
    const scar = changed(made.original, made.scar).length;
    expect(patch).toBeGreaterThan(0.015 * 4096);
    expect(patch).toBeLessThan(0.16 * 4096);
    expect(scar).toBeGreaterThan(0);
    expect(scar).toBeLessThan(40);
    expect(Object.keys(made)).toEqual([...classes]);
  });

  test('are the same again of the same stream, and others of another', () => {
    expect(threeClasses(image, randomStream(6))).toEqual(made);
    expect(threeClasses(image, randomStream(7)).patch.pixels).not.toEqual(made.patch.pixels);
  });
});
