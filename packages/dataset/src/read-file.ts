import { readFile, stat } from 'node:fs/promises';
import { cameInstead } from './file-error.ts';
import { readableKinds } from './image-kinds.ts';
import { type ImagePlace, imagePlace } from './image-place.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** In bytes; the largest mammograms take a tenth of it. */
const largestFile = 2 ** 29;

/**
 * The content of an image's file.
 * @throws UnreadableImage where there is none, or it is too large
 */
export async function readImageFile(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    // Opening a named pipe would wait for a writer for ever.
    if (!found.isFile())
      throw new UnreadableImage(`expected ${readableKinds}, got something that is no file`);
    if (found.size > largestFile) {
      throw new UnreadableImage(`expected a file of at most ${largestFile} bytes, got ${found.size}`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    throw new UnreadableImage(`expected ${readableKinds}, got ${cameInstead(error)}`, { cause: error });
  }
}

/** Where an image lies that a path names, with or without `#PART`; a file that is called so is meant before a part is. */
export async function placeOnDisk(path: string): Promise<ImagePlace> {
  const place = imagePlace(path);
  if (place.part === null) return place;
  const literal = await stat(path).catch(() => null);
  return literal === null ? place : { file: path, part: null };
}
