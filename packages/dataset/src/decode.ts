import { decodeRaster } from './decode-raster.ts';
import { type GreyImage, toGrey } from './grey.ts';
import { UnreadableImage } from './unreadable-image.ts';

const signatures = [
  { format: 'png', bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) },
  { format: 'jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff]) },
] as const;

/** libvips would also open SVG, TIFF, WebP and more: what comes from outside reaches only the two decoders we mean. */
function requirePngOrJpeg(file: Buffer): void {
  if (file.length === 0) throw new UnreadableImage('expected a PNG, JPEG or DICOM image, got an empty file');
  const known = signatures.some(({ bytes }) => file.subarray(0, bytes.length).equals(bytes));
  if (known) return;
  const start = file
    .subarray(0, 8)
    .toString('hex')
    .replace(/..(?!$)/g, '$& ');
  throw new UnreadableImage(
    `expected a PNG, JPEG or DICOM image, got a file that starts with the bytes ${start}`,
  );
}

/** libvips' first line, without its line breaks and repetitions. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.trim();
}

/**
 * Decodes a PNG or JPEG of any size and mode (grey, palette, RGB, CMYK; with or without alpha; 1 to 16 bit;
 * interlaced, progressive) to 8-bit grey as Pillow's `Image.open(...).convert('L')` does: within 1 level for JPEG,
 * equal for PNG of 8 bit and less and for 16-bit colour; 16-bit grey is scaled instead of clipped (see `toGrey`).
 * EXIF rotation, gamma and ICC profiles are ignored, as Pillow ignores them.
 *
 * @throws UnreadableImage for anything else, and for truncated or damaged files
 */
export async function decodeGrey(file: Buffer): Promise<GreyImage> {
  requirePngOrJpeg(file);
  try {
    const { width, height, channels, samples, values } = await decodeRaster(file);
    return { width, height, pixels: toGrey(values, channels, samples) };
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    throw new UnreadableImage(`expected a whole PNG or JPEG image, decoding failed: ${reason(error)}`, {
      cause: error,
    });
  }
}
