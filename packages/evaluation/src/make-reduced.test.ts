import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DatasetIndex, newReducedSpec, type ReducedSpec, reducedKind } from '@ddad/contract';
import { decodeSafetensors, type NamedTensor } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MadeUpTasks, notedContext } from './made-up-task.testing.ts';
import { makeReduced } from './make-reduced.ts';

let made: MadeUpTasks;
beforeAll(async () => {
  made = await MadeUpTasks.start();
});
afterAll(() => made.remove());

const side = 64;
const area = side * side;

/** Maps that are 0 but for a square, by image: its side and its height. */
function squares(...images: { at: number; size: number; height: number }[]): NamedTensor {
  const data = new Float32Array(images.length * area);
  for (const [image, { at, size, height }] of images.entries()) {
    for (let row = 0; row < size; row += 1) {
      const start = image * area + (at + row) * side + at;
      data.fill(height, start, start + size);
    }
  }
  return { shape: [images.length, side, side], data };
}

const near = squares(
  { at: 3, size: 5, height: 1 },
  { at: 59, size: 5, height: 0.5 },
  { at: 0, size: 64, height: 0.25 },
);
const far = squares(
  { at: 20, size: 10, height: 2 },
  { at: 0, size: 1, height: 50 },
  { at: 0, size: 0, height: 0 },
);

/** A maker of reductions reads nothing of a dataset but pixels. */
const noIndex = {} as DatasetIndex;

/** One that is not asked for, one with a white upper quarter, which has a brightness of ½, a black one, one of grey 51, which is a fifth. */
const pixels = new Uint8Array(4 * area);
pixels
  .fill(9, 0, area)
  .fill(255, area, 1.25 * area)
  .fill(51, 3 * area);
const asked = [1, 2, 3];
const imagesDigest = createHash('sha256').update(pixels.subarray(area)).digest('hex');

async function task(maps: ReducedSpec['maps'], change: { images?: number[]; imagesDigest?: string } = {}) {
  const spec = newReducedSpec({ imagesDigest: change.imagesDigest ?? imagesDigest, imageSize: side, maps });
  return await made.task(reducedKind, spec, noIndex, { pixels, images: change.images ?? asked });
}

async function twoArtifacts() {
  const first = await made.artifact('maps', 'first', { maps: { near } });
  const second = await made.artifact('refined', 'second', { maps: { maps: far } });
  return [
    { ...first, scores: [{ score: 'near', tensor: 'near' }] },
    { ...second, scores: [{ score: 'far', tensor: 'maps' }] },
  ];
}

test('gives the mean of the highest 2 %, the same by the image’s brightness, the largest mean of 5×5 pixels, and that of the foreground, of every map', async () => {
  const context = notedContext();
  const result = await makeReduced(await task(await twoArtifacts()), context);
  const { tensors } = decodeSafetensors(await readFile(result!.files.scores!));
  const found = Object.fromEntries(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: [...data] }]),
  );
  const close = (...values: number[]) => ({
    shape: [3],
    data: values.map((value) => expect.closeTo(value, 6)),
  });
  // 2 % of 4,096 pixels are 82: a square of 25, and 57 zeros; one of 100, cut off; one pixel.
  expect(found).toEqual({
    nearTop: close(25 / 82, 12.5 / 82, 0.25),
    nearPeak: close(1, 0.5, 0.25),
    // A black image counts as one grey level.
    nearRelative: {
      shape: [3],
      data: [expect.closeTo(50 / 82, 6), expect.closeTo((12.5 / 82) * 255, 4), expect.closeTo(1.25, 6)],
    },
    // Of the white rows the square has 25 pixels; of a black image all pixels count.
    nearForeground: close(25 / (area / 4), 12.5 / area, 0.25),
    farTop: close(2, 50 / 82, 0),
    farPeak: close(2, 50 / 25, 0),
    farRelative: { shape: [3], data: [4, expect.closeTo((50 / 82) * 255, 4), 0] },
    // Rows 0 to 15 are white; the square begins in row 20.
    farForeground: close(0, 50 / area, 0),
  });
  expect(context.told.at(-1)).toMatchObject({ done: 3, total: 3 });
});

test('ends between two maps when it is told to, and publishes nothing', async () => {
  expect(await makeReduced(await task(await twoArtifacts()), notedContext(1))).toBeNull();
});

test('refuses maps of other images than are asked for', async () => {
  const first = await twoArtifacts();
  await expect(makeReduced(await task(first, { images: [1, 2] }), notedContext())).rejects.toMatchObject({
    kind: 'invalid',
    message:
      `maps ${first[0]!.key}: maps near of near: expected shape [2, 64, 64], got [3, 64, 64]; ` +
      `refined ${first[1]!.key}: maps maps of far: expected shape [2, 64, 64], got [3, 64, 64]`,
  });
  const other = { imagesDigest: 'e'.repeat(64) };
  await expect(makeReduced(await task(first, other), notedContext())).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining(`images: expected digest ${other.imagesDigest}, got `),
  });
});

test('names every tensor that is not there or is no map', async () => {
  const flat = { shape: [3], data: new Float32Array(3) };
  const odd = await made.artifact('maps', 'odd', { maps: { near, flat } });
  const scores = [
    { score: 'a', tensor: 'flat' },
    { score: 'b', tensor: 'nothing' },
  ];
  await expect(makeReduced(await task([{ ...odd, scores }]), notedContext())).rejects.toMatchObject({
    kind: 'invalid',
    message:
      `maps ${odd.key}: maps flat of a: expected shape [3, 64, 64], got [3]; ` +
      `maps ${odd.key}: maps nothing of b: expected shape [3, 64, 64], got tensors flat, near`,
  });
});
