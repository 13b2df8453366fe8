import { isDicom } from './dicom/dicom-file.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** What can be read, for messages. */
export const readableKinds = 'a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image';

export type RasterKind = 'PNG' | 'JPEG' | 'TIFF' | 'WebP' | 'GIF' | 'BMP';
export type ImageKind = RasterKind | 'DICOM' | 'NIfTI' | 'gzip';

const signatures: readonly (readonly [kind: ImageKind, start: string])[] = [
  ['PNG', '\x89PNG\r\n\x1a\n'],
  ['JPEG', '\xff\xd8\xff'],
  ['TIFF', 'II\x2a\0'],
  ['TIFF', 'MM\0\x2a'],
  ['TIFF', 'II\x2b\0'],
  ['TIFF', 'MM\0\x2b'],
  ['GIF', 'GIF87a'],
  ['GIF', 'GIF89a'],
  ['gzip', '\x1f\x8b'],
];

/** The first four bytes of NIfTI-1 and NIfTI-2 headers say how long they are, in either byte order; then there is a mark. */
export function isNifti(file: Buffer): boolean {
  if (file.length < 348) return false;
  const sizes = [file.readInt32LE(0), file.readInt32BE(0)];
  if (sizes.includes(348)) return /^n[+i]1\0/.test(file.toString('latin1', 344, 348));
  return file.length >= 540 && sizes.includes(540) && /^n[+i]2\0/.test(file.toString('latin1', 4, 8));
}

/**
 * What kind of image a file is, by its bytes: names do not count.
 * @throws UnreadableImage for anything that cannot be read
 */
export function kindOf(file: Buffer): ImageKind {
  if (file.length === 0) throw new UnreadableImage(`expected ${readableKinds}, got an empty file`);
  const start = file.toString('latin1', 0, 16);
  const known = signatures.find(([, begin]) => start.startsWith(begin));
  if (known !== undefined) return known[0];
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'WebP';
  if (isDicom(file)) return 'DICOM';
  if (isNifti(file)) return 'NIfTI';
  // Two letters are few: the file's own length stands behind them, and the length of a known header.
  if (
    start.startsWith('BM') &&
    file.length > 26 &&
    [12, 40, 52, 56, 64, 108, 124].includes(file.readUInt32LE(14))
  ) {
    return 'BMP';
  }
  const bytes = file
    .subarray(0, 8)
    .toString('hex')
    .replace(/..(?!$)/g, '$& ');
  throw new UnreadableImage(`expected ${readableKinds}, got a file that starts with the bytes ${bytes}`);
}
