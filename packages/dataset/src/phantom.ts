import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { phantomRandom } from './phantom-random.ts';
import { drawSlice } from './phantom-slice.ts';

/** How many slices of each kind a phantom dataset has, and what decides them. */
export interface PhantomOptions {
  /** Whole number; equal seeds and counts give equal files. */
  seed: number;
  /** D_n, at least 1. */
  train: number;
  unlabeledNormal: number;
  unlabeledAbnormal: number;
  /** Test images: of both kinds, or none at all. */
  testNormal: number;
  testAbnormal: number;
}

/** Side of the written images in pixels. */
const side = 128;

/** Slices drawn before waiting for their PNG encoders. */
const batch = 16;

function requireCounts(options: PhantomOptions): void {
  const wrong = Object.entries(options)
    .filter(([, value]) => !Number.isSafeInteger(value) || value < 0)
    .map(([name, value]) => `${name}: expected a whole number, at least 0, got ${value}`);
  if (options.train === 0) wrong.push('train: expected at least 1 image, got 0');
  if ((options.testNormal === 0) !== (options.testAbnormal === 0)) {
    wrong.push(
      `test: expected images of both kinds or none, got ${options.testNormal} normal and ${options.testAbnormal} abnormal`,
    );
  }
  if (wrong.length > 0) throw new RangeError(wrong.join('\n'));
}

/**
 * Writes a synthetic dataset in Med-AD layout: brain-like slices (`drawSlice`) as 8-bit grey PNG of 128x128 in
 * `images/`, and last of all `data.json`, marked `"synthetic": true`. A list's n-th slice depends on the seed, the
 * list and n alone, so that larger counts extend smaller ones.
 *
 * @param dir made if it is not there; files of the same names are overwritten
 * @throws RangeError naming every count that is out of range
 */
export async function writePhantom(dir: string, options: PhantomOptions): Promise<void> {
  requireCounts(options);
  const { seed, train, unlabeledNormal, unlabeledAbnormal, testNormal, testAbnormal } = options;
  await mkdir(join(dir, 'images'), { recursive: true });

  const writeSlices = async (list: string, count: number, abnormal: boolean): Promise<string[]> => {
    const names: string[] = [];
    let writing: Promise<unknown>[] = [];
    for (let i = 0; i < count; i++) {
      const anatomy = phantomRandom('phantom 1', seed, list, i, 'anatomy');
      const lesions = abnormal ? phantomRandom('phantom 1', seed, list, i, 'lesions') : null;
      const { width, height, pixels } = drawSlice(anatomy, lesions, side);
      const name = `${list}-${String(i).padStart(4, '0')}.png`;
      names.push(name);
      const image = sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
      writing.push(image.png({ compressionLevel: 6 }).toFile(join(dir, 'images', name)));
      if (writing.length === batch || i === count - 1) {
        await Promise.all(writing);
        writing = [];
      }
    }
    return names;
  };

  const normal = await writeSlices('train-normal', train, false);
  const unlabeled = {
    '0': await writeSlices('unlabeled-normal', unlabeledNormal, false),
    '1': await writeSlices('unlabeled-abnormal', unlabeledAbnormal, true),
  };
  const test = {
    '0': await writeSlices('test-normal', testNormal, false),
    '1': await writeSlices('test-abnormal', testAbnormal, true),
  };
  const data = {
    synthetic: true,
    train: { '0': normal, ...(unlabeledNormal + unlabeledAbnormal > 0 ? { unlabeled } : {}) },
    ...(testNormal + testAbnormal > 0 ? { test } : {}),
  };
  await writeFile(join(dir, 'data.json'), `${JSON.stringify(data, null, 1)}\n`);
}
