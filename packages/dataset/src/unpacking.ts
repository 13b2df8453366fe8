import { UnreadableImage } from './unreadable-image.ts';

/** Bytes that one file may unpack to: of voxels of 16 bits, 512x512x1000. */
export const mostUnpacked = 2 ** 29;

/** A file unpacks to more than it was given room for, which is less than `mostUnpacked`. */
export class UnpacksToMore extends Error {
  override name = 'UnpacksToMore';
}

/**
 * What a file unpacks to.
 * @param most bytes that there is room for
 * @param unpack gives up by zlib's `maxOutputLength`
 * @param expected for the message: what the file should be
 * @throws UnpacksToMore; UnreadableImage for what is damaged, cut off, or of more than `mostUnpacked`
 */
export function unpackedBy(
  most: number,
  unpack: (options: { maxOutputLength: number }) => Buffer,
  expected: string,
): Buffer {
  try {
    return unpack({ maxOutputLength: most });
  } catch (cause) {
    const tooMuch = cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooMuch && most < mostUnpacked) throw new UnpacksToMore();
    const came = tooMuch ? `more than ${mostUnpacked} bytes unpacked` : 'one that is damaged or cut off';
    throw new UnreadableImage(`${expected}, got ${came}`, { cause });
  }
}
