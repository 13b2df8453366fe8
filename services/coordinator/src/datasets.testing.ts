import type { DatasetIndex } from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset';
import { type ObjectStore, putDataset } from '@ddad/storage';

const imageSize = 4;

/** Stores a tiny dataset: 6 normal training images, and as many others as asked for. Pixels differ by position. */
export async function addDataset(
  store: ObjectStore,
  name: string,
  parts: Partial<Pick<DatasetIndex, 'train' | 'unlabeled' | 'test' | 'validation'>> = {},
): Promise<{ digest: string }> {
  const index: DatasetIndex = {
    format: 1,
    imageSize,
    images: Array.from({ length: 16 }, (_, position) => `${position}.png`),
    train: [0, 1, 2, 3, 4, 5],
    unlabeled: { labels: 'known', normal: [6, 7], abnormal: [8, 9, 10] },
    test: { labels: 'known', normal: [11, 12], abnormal: [13, 14] },
    validation: [],
    copies: [],
    synthetic: true,
    ...parts,
  };
  const pixels = Uint8Array.from({ length: 16 * imageSize ** 2 }, (_, at) => Math.floor(at / imageSize ** 2));
  const digest = datasetDigest(index, pixels);
  await putDataset(store, { name, index, pixels, digest });
  return { digest };
}
