import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from '@ddad/dataset';
import { brainFolder } from '@ddad/dataset/testing';

/** Images of each part, few enough for seconds of training. */
const counts = { train: 48, unlabeledNormal: 16, unlabeledAbnormal: 16, testNormal: 30, testAbnormal: 30 };

interface DataJson {
  train: { '0': string[]; unlabeled: { '0': string[]; '1': string[] } };
  test: { '0': string[]; '1': string[] };
}

export interface SmallDataset {
  /** Folder in the Med-AD layout. */
  directory: string;
  data: DataJson;
  /** Changes data.json; the images stay. */
  rewrite(data: unknown): Promise<void>;
  remove(): Promise<void>;
}

/** A small dataset of real slices where the benchmark is there, else a phantom. */
export async function smallDataset(): Promise<SmallDataset> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-small-dataset-'));
  const brain = brainFolder();
  if (brain !== null) {
    const all = JSON.parse(await readFile(join(brain, 'data.json'), 'utf8')) as DataJson;
    const data: DataJson = {
      train: {
        '0': all.train['0'].slice(0, counts.train),
        unlabeled: {
          '0': all.train.unlabeled['0'].slice(0, counts.unlabeledNormal),
          '1': all.train.unlabeled['1'].slice(0, counts.unlabeledAbnormal),
        },
      },
      test: {
        '0': all.test['0'].slice(0, counts.testNormal),
        '1': all.test['1'].slice(0, counts.testAbnormal),
      },
    };
    await mkdir(join(directory, 'images'));
    for (const name of [
      ...data.train['0'],
      ...data.train.unlabeled['0'],
      ...data.train.unlabeled['1'],
      ...data.test['0'],
      ...data.test['1'],
    ]) {
      await copyFile(join(brain, 'images', name), join(directory, 'images', name));
    }
    await writeFile(join(directory, 'data.json'), JSON.stringify(data));
  } else {
    await writePhantom(directory, { seed: 3, ...counts });
  }
  const path = join(directory, 'data.json');
  return {
    directory,
    data: JSON.parse(await readFile(path, 'utf8')) as DataJson,
    rewrite: (data) => writeFile(path, JSON.stringify(data)),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
