import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export { type DicomFile, dicomFile } from './dicom/dicom-file.testing.ts';

/** The Brain Tumor benchmark beside the checkout; null where it is not. */
export function brainFolder(): string | null {
  const dir = resolve(import.meta.dirname, '../../../../shared/data/brain');
  return existsSync(join(dir, 'data.json')) ? dir : null;
}
