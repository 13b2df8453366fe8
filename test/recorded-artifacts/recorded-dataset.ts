import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from '@ddad/dataset';
import { z } from 'zod';

const counts = { train: 13, unlabeledNormal: 2, unlabeledAbnormal: 2, testNormal: 7, testAbnormal: 8 };
/** Of the normal images, the last ones can be held out. */
const heldOut = 5;

const names = z.array(z.string());
const phantomSchema = z.object({
  synthetic: z.boolean(),
  train: z.object({ '0': names, unlabeled: z.object({ '0': names, '1': names }) }),
  test: z.object({ '0': names, '1': names }),
});

/** A folder of images that are the same wherever the test runs, as one of two datasets at a time. */
export interface RecordedDataset {
  directory: string;
  /**
   * Writes data.json: 8 normal, 2 + 2 unlabeled, 8 + 8 test images; `validated` has 5 validation images beside them. One
   * test image is a copy of a training image.
   */
  become(which: 'plain' | 'validated'): Promise<void>;
  remove(): Promise<void>;
}

/** Draws the images, and names two pathologies, of which one is in D_u. */
export async function recordedDataset(): Promise<RecordedDataset> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-recorded-dataset-'));
  await writePhantom(directory, { seed: 14, ...counts });
  const path = join(directory, 'data.json');
  const { train, test, synthetic } = phantomSchema.parse(JSON.parse(await readFile(path, 'utf8')));

  const normal = train['0'].slice(0, -heldOut);
  const validation = train['0'].slice(-heldOut);
  const copy = 'test-copy.png';
  await copyFile(join(directory, 'images', normal[2] ?? ''), join(directory, 'images', copy));
  const data = {
    synthetic,
    train: { '0': normal, unlabeled: train.unlabeled },
    test: { '0': [...test['0'], copy], '1': test['1'] },
  };

  const lines = (images: readonly string[], pathology: string) =>
    images.map((image) => `${image},${pathology}\n`).join('');
  const masses = [...train.unlabeled['1'], ...test['1'].slice(0, 5)];
  const cysts = test['1'].slice(4);
  await writeFile(
    join(directory, 'labels.csv'),
    `image,pathology\n${lines(masses, 'mass')}${lines(cysts, 'cyst')}`,
  );
  return {
    directory,
    become: (which) =>
      writeFile(
        path,
        JSON.stringify(which === 'validated' ? { ...data, validation: { '0': validation } } : data),
      ),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
