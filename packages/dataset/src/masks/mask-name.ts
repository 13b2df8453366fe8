import { sameName } from '../repartition.ts';

/** A name without its extension: of `a.nii.gz`, `a`. */
export const stemOf = (name: string) => name.replace(/(\.nii\.gz|\.[^./]+)$/i, '');

/**
 * What a mask is of that is called as its image with `_mask` behind: `000_mask` (MVTec AD, LGG), and `000_mask_1` where an image
 * has several (BUSI). Whether there is such an image is not asked.
 * @param stem name without extension; may have folders in front
 * @returns the image's stem, and the number; null for other names
 */
export function maskedImage(stem: string): { image: string; number: string | null } | null {
  const found = /^(.*[^/])_mask(?:_(\d+))?$/i.exec(stem);
  return found === null ? null : { image: found[1]!, number: found[2] ?? null };
}

/** Those of some files that are masks by their names, lying beside their images: `a_mask.tif` in the folder of `a.tif`. */
export function masksBeside(paths: readonly string[]): Set<string> {
  const images = new Set(paths.flatMap((path) => [sameName(path), stemOf(sameName(path))]));
  return new Set(
    paths.filter((path) => {
      const masked = maskedImage(stemOf(sameName(path)));
      return masked !== null && images.has(masked.image);
    }),
  );
}
