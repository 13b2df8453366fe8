import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChildFault } from './child.ts';
import { readSpecifiedImages, readSpecifiedPixels } from './specified-images.ts';

let folder: string;
let pixels: string;

/** 3 GB of zeros that take no room on disk, and four images of 2×2 at the end: more than one read could give. */
const images = 3 * 2 ** 28;
const last = images - 4;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-specified-'));
  pixels = join(folder, 'pixels.u8');
  const file = await open(pixels, 'w');
  await file.truncate(images * 4);
  await file.write(
    Uint8Array.from({ length: 16 }, (_, i) => i * 17),
    0,
    16,
    last * 4,
  );
  await file.close();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

// Image 3, then image 0: of the bytes 0, 17, ..., 255 the last four, then the first four.
const bytes = Uint8Array.of(204, 221, 238, 255, 0, 17, 34, 51);
const imagesDigest = createHash('sha256').update(bytes).digest('hex');
const wanted = [last + 3, last];

test('gives the images of the specification in order, as the networks read them', async () => {
  const spec = { imagesDigest, imageSize: 2 };
  const found = await readSpecifiedImages('training images', { spec, pixels, images: wanted });
  // x / 127.5 - 1, by hand: 204 gives 0.6, 255 gives 1, 0 gives -1, 51 gives -0.6.
  const expected = [0.6, 0.733333, 0.866667, 1, -1, -0.866667, -0.733333, -0.6];
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
});

test('gives the same images as they are packed', async () => {
  const spec = { imagesDigest, imageSize: 2 };
  expect(await readSpecifiedPixels('training images', { spec, pixels, images: wanted })).toEqual(bytes);
});

test('refuses other images than those of the specification', async () => {
  const spec = { imagesDigest, imageSize: 2 };
  const fault = await readSpecifiedImages('training images', {
    spec,
    pixels,
    images: [last, last + 3],
  }).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ChildFault);
  expect(fault).toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(`^training images: expected digest ${imagesDigest}, got [0-9a-f]{64}$`),
  });
});
