import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetIndex } from '@ddad/contract';
import { packDataset, writePhantom } from '@ddad/dataset';

/** A phantom dataset of normal training images alone, packed below `directory`. */
export async function phantomPixels(
  directory: string,
  train: number,
): Promise<{ index: DatasetIndex; pixels: Uint8Array; path: string }> {
  const folder = join(directory, 'phantom');
  const none = { unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 0, testAbnormal: 0 };
  await writePhantom(folder, { seed: 7, train, ...none });
  const packed = await packDataset(folder, {});
  if ('faults' in packed) throw new Error(JSON.stringify(packed.faults));
  const { index, pixels } = packed;
  const path = join(directory, 'pixels.u8');
  await writeFile(path, pixels);
  return { index, pixels, path };
}
