import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetIndex } from '@ddad/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datasetDigest, digestImages, imagesDigest, packedFileDigest } from './digest.ts';
import { imagePieces, readImages } from './packed-file.ts';
import { pickImages } from './packed-pixels.ts';

const side = 64;
/** 12 MB: three pieces. */
const count = 3000;

let folder: string;
let path: string;
let pixels: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-packed-'));
  path = join(folder, 'pixels.u8');
  let state = 1;
  pixels = Uint8Array.from({ length: count * side * side }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  await writeFile(path, pixels);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const all = Array.from({ length: count }, (_, position) => position);
const lists: [string, number[]][] = [
  ['none', []],
  ['one', [2999]],
  ['all in order', all],
  ['all backwards', all.toReversed()],
  ['every other, then the rest', [...all.filter((i) => i % 2 === 0), ...all.filter((i) => i % 2 === 1)]],
  ['some again and again', all.map((i) => (i * 7) % 11)],
];

test.each(lists)('gives the images of a file that are asked for, in that order: %s', async (_, positions) => {
  const expected = pickImages(pixels, side, positions);
  expect(Buffer.compare(await readImages(path, side, positions), expected)).toBe(0);
  const found: Buffer[] = [];
  for await (const piece of imagePieces(path, side, positions)) {
    expect(piece.length % (side * side)).toBe(0);
    // What is in memory at a time has a bound, however many images there are.
    expect(piece.buffer.byteLength).toBeLessThanOrEqual(4 * 2 ** 20);
    found.push(Buffer.from(piece));
  }
  expect(Buffer.concat(found).equals(expected)).toBe(true);
});

test('gives images that are larger than a piece one at a time', async () => {
  // The same bytes as one image of 3456×3456 (and a rest).
  const large = 3456;
  const found = await readImages(path, large, [0, 0]);
  expect(Buffer.compare(found.subarray(large * large), pixels.subarray(0, large * large))).toBe(0);
  await expect(readImages(path, large, [1])).rejects.toThrow('image position: expected 0 to 0, got 1');
});

test.each([-1, 0.5, count, Number.NaN])('refuses position %d', async (position) => {
  await expect(readImages(path, side, [0, position])).rejects.toThrow(
    `image position: expected 0 to ${count - 1}, got ${position}`,
  );
});

test('says that a file was cut while it was read', async () => {
  const cut = join(folder, 'cut');
  await writeFile(cut, pixels);
  const pieces = imagePieces(cut, side, all);
  await pieces.next();
  await truncate(cut, 5 * 2 ** 20);
  await expect(pieces.next()).rejects.toThrow(/packed pixels: expected \d+ bytes at 4194304, got 1048576/);
});

test('reads behind the first 2 GiB of a file', async () => {
  const large = join(folder, 'large');
  const images = 600_000;
  const file = await open(large, 'w');
  await file.truncate(images * side * side);
  await file.write(Uint8Array.of(9), 0, 1, images * side * side - 1);
  await file.close();
  const found = await readImages(large, side, [images - 1, 0, images - 1]);
  expect([found[side * side - 1], found[2 * side * side - 1], found.at(-1)]).toEqual([9, 0, 9]);
});

test('digests images of a file as it does those in memory, several digests in one reading', async () => {
  const [first, second] = [createHash('sha256'), createHash('sha256')];
  const [begun, common] = [all.slice(0, 700), all.slice(1500).toReversed()];
  await digestImages([first], path, side, begun);
  await digestImages([first, second], path, side, common);
  expect(first.digest('hex')).toBe(imagesDigest(pixels, side, [...begun, ...common]));
  expect(second.digest('hex')).toBe(imagesDigest(pixels, side, common));
});

test('the digest of a dataset is that of its index, a line break and its pixels', async () => {
  const index: DatasetIndex = {
    format: 1,
    imageSize: 1,
    images: ['b.png', 'ä.png'],
    train: [1, 0],
    unlabeled: { labels: 'none' },
    test: { labels: 'none' },
    validation: [],
    copies: [],
    synthetic: true,
  };
  // printf '{"copies":[],"format":1,"imageSize":1,"images":["b.png","ä.png"],"synthetic":true,"test":{"labels":"none"},
  //   "train":[1,0],"unlabeled":{"labels":"none"},"validation":[]}\n\001\377' | sha256sum, without the line break here
  const expected = 'f9d32a4eb4d94b76bf3878221f08492ae7a6af56af574e64302549551c6a71a3';
  const bytes = Uint8Array.of(1, 255);
  expect(datasetDigest(index, bytes)).toBe(expected);
  const small = join(folder, 'small');
  await writeFile(small, bytes);
  expect(await packedFileDigest(index, small)).toBe(expected);
});
