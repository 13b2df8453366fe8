import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from './decode-image.ts';
import type { GreyImage } from './grey.ts';
import { findNearCopies, nearCopyLimits } from './near-copies.ts';
import { closePairs, perceptualHash } from './perceptual-hash.ts';
import { phantomRandom } from './phantom-random.ts';
import { resizeBilinear } from './resize.ts';

const decoded = async (file: Buffer) => (await decodeImage(file)).image;

const side = 64;
/** Ellipses at random: images that have nothing in common. */
function picture(name: string): GreyImage {
  const random = phantomRandom(name);
  const shapes = Array.from({ length: 12 }, () => ({
    x: random.between(0, 256),
    y: random.between(0, 256),
    across: random.between(10, 80),
    down: random.between(10, 80),
    grey: random.between(20, 140),
  }));
  const pixels = new Uint8Array(256 * 256).map((_, at) => {
    const [x, y] = [at % 256, Math.floor(at / 256)];
    const over = shapes.filter((one) => ((x - one.x) / one.across) ** 2 + ((y - one.y) / one.down) ** 2 < 1);
    return Math.min(
      255,
      over.reduce((sum, { grey }) => sum + grey, 10),
    );
  });
  return { width: 256, height: 256, pixels };
}

const raw = { width: 256, height: 256, channels: 1 } as const;
const original = picture('original');
const seen = (image: GreyImage) => resizeBilinear(image, side, side).pixels;
const mapped = (change: (grey: number) => number): GreyImage => ({
  ...original,
  pixels: original.pixels.map((grey) => Math.min(255, Math.max(0, change(grey)))),
});
const bits = (word: number) => word.toString(2).replaceAll('0', '').length;
/** How many bits two images' hashes differ in. */
function distance(a: GreyImage, b: GreyImage): number {
  const second = perceptualHash(b);
  return perceptualHash(a).reduce((sum, word, i) => sum + bits((word ^ second[i]!) >>> 0), 0);
}

describe('the same picture', () => {
  test.each([
    ['darker', () => mapped((grey) => 0.5 * grey)],
    ['brighter', () => mapped((grey) => 0.7 * grey + 60)],
    ['smaller', () => resizeBilinear(original, 100, 90)],
    [
      'compressed',
      async () => decoded(await sharp(original.pixels, { raw }).jpeg({ quality: 40 }).toBuffer()),
    ],
    [
      'blurred',
      async () => {
        const pixels = await sharp(original.pixels, { raw }).blur(2).toColourspace('b-w').raw().toBuffer();
        return { ...original, pixels };
      },
    ],
  ])('%s is near', async (_change, make) =>
    expect(distance(original, await make())).toBeLessThanOrEqual(nearCopyLimits.bits),
  );
});

test('other pictures are far: about half of the bits differ', () => {
  const others = Array.from({ length: 12 }, (_, i) => distance(original, picture(`other ${i}`)));
  expect(Math.min(...others)).toBeGreaterThan(2 * nearCopyLimits.bits);
  const mean = others.reduce((sum, bits) => sum + bits, 0) / others.length;
  expect(mean).toBeGreaterThan(108);
  expect(mean).toBeLessThan(148);
});

test('close pairs are those that comparing bit by bit finds', () => {
  const random = phantomRandom('hashes');
  const hashes = Array.from({ length: 40 }, () =>
    Uint32Array.from({ length: 8 }, () => Math.floor(random.between(0, 2 ** 32))),
  );
  // Every second one differs from its neighbour in as many bits as its place.
  for (let i = 1; i < 40; i += 2) {
    hashes[i]!.set(hashes[i - 1]!);
    for (let bit = 0; bit < i; bit++) hashes[i]![(bit * 7) % 8]! ^= 1 << (bit % 32);
  }
  const slow: string[] = [];
  const fast: string[] = [];
  for (let a = 0; a < 40; a++) {
    for (let b = a + 1; b < 40; b++) {
      const differing = hashes[a]!.reduce((sum, word, i) => sum + bits((word ^ hashes[b]![i]!) >>> 0), 0);
      if (differing <= 20) slow.push(`${a} ${b}`);
    }
  }
  closePairs(hashes, 20, (a, b) => fast.push(`${a} ${b}`));
  expect(fast).toEqual(slow);
  expect(fast.length).toBeGreaterThan(5);
});

describe('families', () => {
  const images = [
    picture('a'),
    original,
    mapped((grey) => 0.6 * grey),
    picture('b'),
    picture('b'),
    mapped((grey) => 0.8 * grey + 30),
  ];
  const pixels = Buffer.concat(images.map(seen));

  test('hold all images of a picture; a group of equal images alone is none', () => {
    expect(findNearCopies(pixels, side, [[3, 4]])).toEqual([[1, 2, 5]]);
    expect(findNearCopies(pixels, side, [])).toEqual([
      [1, 2, 5],
      [3, 4],
    ]);
  });

  test('equal images stay in a family with others', () => {
    expect(findNearCopies(pixels, side, [[1, 5]])).toContainEqual([1, 2, 5]);
  });

  test('are found with word of every image that is hashed, and then of the pairs that are compared', () => {
    const said: string[] = [];
    findNearCopies(pixels, side, [], (step, done, total) => said.push(`${step} ${done}/${total}`));
    expect(said.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6].map((done) => `hashing ${done}/6`));
    // Each image with those after it: 5 + 4 + 3 + 2 + 1 pairs.
    expect(said.slice(6)).toEqual([5, 9, 12, 14, 15].map((done) => `comparing ${done}/15`));
  });

  test('images of another size are brought to one', () => {
    const small = Buffer.concat(images.map((image) => resizeBilinear(image, 128, 128).pixels));
    expect(findNearCopies(small, 128, [[3, 4]])).toEqual([[1, 2, 5]]);
  });
});

test('images of a kind are none, though their hashes are close', () => {
  const mixed = (own: string) => {
    const { pixels } = picture(own);
    return { ...original, pixels: original.pixels.map((grey, at) => 0.9 * grey + 0.1 * pixels[at]!) };
  };
  const kind = Array.from({ length: 24 }, (_, i) => mixed(`own ${i}`));
  const images = [...kind, { ...kind[5]!, pixels: kind[5]!.pixels.map((grey) => 0.7 * grey) }];
  let close = 0;
  closePairs(images.map(perceptualHash), nearCopyLimits.bits, () => {
    close += 1;
  });
  expect(close).toBeGreaterThan(100);
  expect(findNearCopies(Buffer.concat(images.map(seen)), side, [])).toEqual([[5, 24]]);
});
