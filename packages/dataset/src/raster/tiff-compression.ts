import { tiffTag } from './tiff-tags.ts';

const compressionTag = 259;

/** The number by which a TIFF or BigTIFF says how its first picture is coded (TIFF 6.0, section 8); 1, none, where it does not. */
export function tiffCompression(file: Buffer): number {
  return tiffTag(file, compressionTag)?.value ?? 1;
}
