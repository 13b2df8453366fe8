import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { isNifti, kindOf } from '../image-kinds.ts';
import { isImageByName } from './image-folders.ts';

/** A NIfTI header needs 540 bytes, the first two elements of a DICOM file without preamble seldom more than that. */
const bytesLookedAt = 4096;
/** Files that are looked at together: each of them is open. */
const atOnce = 32;

/**
 * Tells images from other files by their names; where these do not tell, by their first bytes.
 * @param dir what the paths are below
 * @returns both in the order of `files`
 */
export async function tellImages(
  dir: string,
  files: readonly string[],
): Promise<{ images: string[]; others: string[] }> {
  const isImage = new Map(files.map((path) => [path, isImageByName(path)]));
  const untold = files.filter((path) => isImage.get(path) === null);
  for (let at = 0; at < untold.length; at += atOnce) {
    const some = untold.slice(at, at + atOnce);
    await Promise.all(some.map(async (path) => isImage.set(path, await beginsAsImage(join(dir, path)))));
  }
  return {
    images: files.filter((path) => isImage.get(path)),
    others: files.filter((path) => !isImage.get(path)),
  };
}

/** A file that cannot be read counts as one, so that it is a fault rather than left out. */
async function beginsAsImage(path: string): Promise<boolean> {
  const start = await startOf(path).catch(() => null);
  return start === null || isStartOfImage(start);
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesLookedAt));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isStartOfImage(start: Buffer): boolean {
  try {
    // Anything may be packed by gzip; of images volumes are.
    return kindOf(start) !== 'gzip' || isNifti(startUnpacked(start));
  } catch {
    return false;
  }
}

const startUnpacked = (start: Buffer) => gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
