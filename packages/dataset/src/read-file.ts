import { readFile, stat } from 'node:fs/promises';
import { cameInstead } from './file-error.ts';
import { readableKinds } from './image-kinds.ts';
import { type ImagePlace, imagePlace } from './image-place.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** In bytes; the largest mammograms take a tenth of it. */
const largestFile = 2 ** 29;

/**
 * Bytes of an image's file.
 * @throws UnreadableImage where there is none, or it is too large
 */
export async function imageFileSize(path: string): Promise<number> {
  const found = await stat(path).catch(notThere);
  // Opening a named pipe would wait for a writer for ever.
  if (!found.isFile()) throw new UnreadableImage(`expected ${readableKinds}, got something that is no file`);
  if (found.size > largestFile)
    throw new UnreadableImage(`expected a file of at most ${largestFile} bytes, got ${found.size}`);
  return found.size;
}

/**
 * The content of an image's file.
 * @param room waits until there is memory for so many bytes
 * @throws UnreadableImage where there is none, or it is too large
 */
export async function readImageFile(
  path: string,
  room: (bytes: number) => Promise<void> = async () => {},
): Promise<Buffer> {
  await room(await imageFileSize(path));
  return imageFileContent(path);
}

/**
 * The same of a file whose size is known to be within bounds.
 * @throws UnreadableImage where it has gone
 */
export function imageFileContent(path: string): Promise<Buffer> {
  return readFile(path).catch(notThere);
}

function notThere(error: unknown): never {
  throw new UnreadableImage(`expected ${readableKinds}, got ${cameInstead(error)}`, { cause: error });
}

/** Where an image lies that a path names, with or without `#PART`; a file that is called so is meant before a part is. */
export async function placeOnDisk(path: string): Promise<ImagePlace> {
  const place = imagePlace(path);
  if (place.part === null) return place;
  const literal = await stat(path).catch(() => null);
  return literal === null ? place : { file: path, part: null };
}
