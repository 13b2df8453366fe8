import type { ImageKind } from '../image-kinds.ts';
import { tiffCompression } from '../raster/tiff-compression.ts';
import { isLossyWebp } from '../raster/webp-loss.ts';
import { UnreadableImage } from '../unreadable-image.ts';

/** TIFF's numbers of what does not keep values, or need not. */
const lossyCompressions: Readonly<Record<number, string>> = { 6: 'JPEG', 7: 'JPEG', 50001: 'WebP' };

/** The name of a way of coding that gives other values than were written; null of all others. */
function lossOf(file: Buffer, kind: ImageKind): string | null {
  if (kind === 'JPEG') return 'JPEG';
  if (kind === 'WebP') return isLossyWebp(file) ? 'WebP with loss' : null;
  if (kind !== 'TIFF') return null;
  const coding = lossyCompressions[tiffCompression(file)];
  return coding === undefined ? null : `a TIFF coded as ${coding}`;
}

/**
 * Refuses what cannot be a mask by its kind, before it is decoded.
 * @param ofVolume whether it is to be the mask of a NIfTI volume: slices of a volume are those of no other image. Frames of DICOM
 *   count from 1, and their rows lie in no affine
 * @throws UnreadableImage
 */
export function requireMaskKind(file: Buffer, kind: ImageKind, ofVolume: boolean): void {
  const isVolume = kind === 'NIfTI' || kind === 'gzip';
  if (isVolume && !ofVolume) {
    const came = kind === 'NIfTI' ? kind : 'a gzip file';
    throw new UnreadableImage(
      `expected a mask as PNG, TIFF, WebP, BMP or GIF, of an image that is no NIfTI volume, got ${came}`,
    );
  }
  const kinds = 'a mask as PNG, TIFF, WebP, BMP, GIF or NIfTI';
  if (kind === 'DICOM') throw new UnreadableImage(`expected ${kinds}, got DICOM`);
  const loss = lossOf(file, kind);
  if (loss !== null)
    throw new UnreadableImage(`expected ${kinds}, got ${loss}, which changes values beside edges`);
}
