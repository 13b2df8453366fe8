import { readFile, stat } from 'node:fs/promises';
import { decodeImage } from './decode-image.ts';
import { cameInstead } from './file-error.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** In bytes; the largest mammograms take a tenth of it. */
const largestFile = 2 ** 29;

/**
 * Reads and decodes an image file (see `decodeImage`).
 * @throws UnreadableImage
 */
export async function readImage(path: string): ReturnType<typeof decodeImage> {
  let file: Buffer;
  try {
    const found = await stat(path);
    // Opening a named pipe would wait for a writer for ever.
    if (!found.isFile())
      throw new UnreadableImage('expected a PNG, JPEG or DICOM image, got something that is no file');
    if (found.size > largestFile) {
      throw new UnreadableImage(`expected a file of at most ${largestFile} bytes, got ${found.size}`);
    }
    file = await readFile(path);
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    throw new UnreadableImage(`expected a PNG, JPEG or DICOM image, got ${cameInstead(error)}`, {
      cause: error,
    });
  }
  return decodeImage(file);
}
