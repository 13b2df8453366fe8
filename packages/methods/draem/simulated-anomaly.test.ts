import { randomStream } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import { perlinNoise } from './perlin-noise.ts';
import { rotated } from './rotate.ts';
import { perlinMask, simulatedAnomaly } from './simulated-anomaly.ts';
import { changed, textureChanges } from './texture-changes.ts';
import { families, texture, textureFamilies } from './textures.ts';

const side = 64;
const area = side * side;
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const extent = (values: Float32Array) => [Math.min(...values), Math.max(...values)] as const;

describe('Perlin noise', () => {
  it('is 0 at the corners of its cells, and what its slopes say between them', () => {
    const noise = perlinNoise(side, { rows: 4, columns: 2 }, randomStream(1, 'noise'));
    for (const row of [0, 16, 32, 48])
      for (const column of [0, 32]) expect(noise[row * side + column]).toBeCloseTo(0, 6);
    // The middle of the first cell: half of either fade; slopes (cos, sin) of the angles of corners 0, 1 and 3, 4.
    const random = randomStream(1, 'noise');
    const angles = Array.from({ length: 15 }, () => 2 * Math.PI * random.uniform());
    const ramp = (corner: number, down: number, right: number) =>
      Math.cos(angles[corner]!) * down + Math.sin(angles[corner]!) * right;
    const middle = (ramp(0, 0.5, 0.5) + ramp(1, 0.5, -0.5) + ramp(3, -0.5, 0.5) + ramp(4, -0.5, -0.5)) / 4;
    expect(noise[8 * side + 16]).toBeCloseTo(Math.SQRT2 * middle, 6);
    const [low, high] = extent(noise);
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBeLessThanOrEqual(1);
  });

  it('refuses cells of no whole number of pixels', () => {
    expect(() => perlinNoise(side, { rows: 3, columns: 2 }, randomStream(1))).toThrow(
      'cells: expected counts that divide 64 pixels, got 3×2',
    );
  });
});

it('masks have the sizes of an independent program’s', () => {
  const shares = Array.from({ length: 1500 }, (_, i) => mean(perlinMask(side, randomStream(2, 'mask', i))));
  // Of 4000 masks made by numpy and scipy: mean share 0.0404, empty 0.0475, more than a tenth of the image 0.036.
  expect(Math.abs(mean(shares) - 0.0404)).toBeLessThan(0.004);
  expect(Math.abs(mean(shares.map((share) => (share === 0 ? 1 : 0))) - 0.0475)).toBeLessThan(0.025);
  expect(Math.abs(mean(shares.map((share) => (share > 0.1 ? 1 : 0))) - 0.036)).toBeLessThan(0.025);
});

describe('a texture', () => {
  it.each(textureFamilies)('of %s lies within the range of images, and differs over the image', (family) => {
    for (let draw = 0; draw < 5; draw += 1) {
      const made = texture(family, side, randomStream(3, family, draw));
      const [low, high] = extent(made);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1 + 1e-6);
      expect(high - low).toBeGreaterThan(0.19);
      expect(made).toEqual(texture(family, side, randomStream(3, family, draw)));
    }
  });

  it('is as often dark as bright, whatever its family', () => {
    const means = textureFamilies.flatMap((family) =>
      Array.from({ length: 40 }, (_, draw) => mean(texture(family, 16, randomStream(4, family, draw)))),
    );
    expect(Object.keys(families)).toHaveLength(9);
    expect(Math.abs(mean(means) - 0.5)).toBeLessThan(0.03);
    expect(extent(Float32Array.from(means))[0]).toBeLessThan(0.25);
    expect(extent(Float32Array.from(means))[1]).toBeGreaterThan(0.75);
  });
});

describe('a change of a texture', () => {
  const bytes = Array.from({ length: 64 }, (_, at) => Math.floor(at ** 2 / 15.75));
  const pixels = Float32Array.from(bytes, (byte) => byte / 255);
  const of = (name: string) => textureChanges.find((one) => one.name === name)!.change;
  const toBytes = (values: Float32Array) => Array.from(values, (value) => Math.round(255 * value));

  it('stays within the range of images', () => {
    for (const { change } of textureChanges) {
      for (let draw = 0; draw < 10; draw += 1) {
        const [low, high] = extent(change(pixels, 8, randomStream(5, draw)));
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }
    }
  });

  it('equalizes as Pillow does', () => {
    const wide = Float32Array.from({ length: 1024 }, (_, at) => Math.floor(((at * 37) % 1024) / 9) / 255);
    const found = toBytes(of('equalize')(wide, 32, randomStream(1)));
    // PIL.ImageOps.equalize of the same bytes.
    expect(found.slice(0, 24)).toEqual([
      ...[0, 12, 24, 36, 48, 60, 72, 84, 96, 111, 123, 135],
      ...[147, 159, 171, 183, 195, 207, 222, 234, 246, 255, 255, 255],
    ]);
    expect(found.reduce((sum, value) => sum + value, 0)).toBe(162_435);
  });

  it('sharpens as Pillow does, but for its rounding on the way', () => {
    const random = { ...randomStream(1), uniform: () => 2.5 / 3 };
    const found = toBytes(of('sharpness')(pixels, 8, random));
    // PIL.ImageEnhance.Sharpness(...).enhance(2.5) of the same bytes, the second and the third row.
    const pillow = [4, 2, 3, 4, 6, 7, 9, 14, 16, 15, 17, 19, 22, 25, 27, 33];
    pillow.forEach((byte, at) => {
      expect(Math.abs(found[8 + at]! - byte)).toBeLessThanOrEqual(2);
    });
  });

  it('inverts, posterizes and solarizes as their names say', () => {
    const random = { ...randomStream(1), uniform: () => 0.25, integer: () => 2 };
    expect(toBytes(of('invert')(Float32Array.of(0, 0.2, 1), 1, random))).toEqual([255, 204, 0]);
    // Two bits are left: steps of 64.
    expect(toBytes(of('posterize')(Float32Array.of(0, 63 / 255, 64 / 255, 1), 2, random))).toEqual([
      0, 0, 64, 192,
    ]);
    // Threshold 32 + 0.25 · 96 = 56.
    expect(toBytes(of('solarize')(Float32Array.of(55 / 255, 56 / 255, 1), 1, random))).toEqual([55, 199, 0]);
  });

  it('is three of ten, in any order', () => {
    expect(textureChanges).toHaveLength(10);
    const made = Array.from({ length: 20 }, (_, draw) => changed(pixels, 8, randomStream(6, draw)).join());
    expect(new Set(made).size).toBeGreaterThan(15);
  });
});

it('a turn by 90 degrees moves whole pixels, by 45 it leaves the corners empty', () => {
  const pixels = Float32Array.from({ length: 9 }, (_, at) => at);
  expect(Array.from(rotated(pixels, 3, 90), (value) => Math.round(value * 1e4) / 1e4)).toEqual([
    ...[6, 3, 0],
    ...[7, 4, 1],
    ...[8, 5, 2],
  ]);
  const turned = rotated(new Float32Array(area).fill(1), side, 45);
  expect(turned[0]).toBe(0);
  expect(turned[(side / 2) * side + side / 2]).toBeCloseTo(1, 6);
});

describe('a simulated anomaly', () => {
  const pixels = Float32Array.from({ length: area }, (_, at) => 0.5 + 0.4 * Math.sin(at / 50));
  const drawn = Array.from({ length: 400 }, (_, i) => simulatedAnomaly(pixels, side, randomStream(7, i)));

  it('is there in half of the images, of which three tenths are turned', () => {
    const changedShare = mean(drawn.map(({ image, augmented }) => (image === augmented ? 0 : 1)));
    expect(Math.abs(changedShare - 0.5)).toBeLessThan(0.08);
    expect(Math.abs(mean(drawn.map(({ image }) => (image === pixels ? 0 : 1))) - 0.3)).toBeLessThan(0.07);
  });

  it('changes the image within its mask alone, and stays within the range of images', () => {
    for (const { image, augmented, mask } of drawn) {
      let [inside, outside] = [0, 0];
      for (let at = 0; at < area; at += 1) {
        if (augmented[at] === image[at]) continue;
        if (mask[at] === 1) inside += 1;
        else outside += 1;
      }
      expect(outside).toBe(0);
      if (mean(mask) > 0.02) expect(inside).toBeGreaterThan(0);
      const [low, high] = extent(augmented);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
    }
  });
});
