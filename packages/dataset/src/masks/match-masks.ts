import type { Fault } from '@ddad/contract';
import { quoted } from '../image-list.ts';
import { imagePlace } from '../image-place.ts';
import { hasRole } from '../layouts/image-folders.ts';
import { sameName } from '../repartition.ts';
import { maskedImage, stemOf } from './mask-name.ts';

/** Folders between an image and what it is of, which a mask's path need not have (`test/crack/img/1.png`). */
const between = new Set(['img', 'imgs', 'image', 'images']);

/** A mask's file for an image. */
export interface MatchedMask {
  /** Position of the image among the listed ones. */
  position: number;
  /** Path of the mask's file, as it was given. */
  path: string;
  /** Of the file: the image's own part, where the file is not named for a part. */
  part: number | null;
}

/** What of a path tells images apart: its folders without those that say what lies in them. */
function tellingPath(path: string): string {
  const segments = sameName(path).split('/');
  const folders = segments
    .slice(0, -1)
    .filter((name) => !hasRole('masks', name) && !hasRole('test', name) && !between.has(name.toLowerCase()));
  return [...folders, segments.at(-1)!].join('/');
}

/** What an image may be called by its mask: its name, its name without extension; of a part also with its number. */
function keysOf(name: string): string[] {
  const { file, part } = imagePlace(tellingPath(name));
  const keys = [stemOf(file), file];
  const all = part === null ? keys : keys.flatMap((key) => [key, `${key}#${part}`]);
  return [...new Set(all)];
}

/**
 * Which mask is of which image: that of the same name but for the extension, in a folder of the same name or in one above
 * (`masks/1.png` of `crack/1.png`, where no other image is called `1`); or with `_mask` behind. An image may have several of
 * that form, by number (`1_mask.png`, `1_mask_1.png`): all of them together are its mask.
 * @param masks paths of the masks' files, below the folder that images are named from or the folder of masks
 * @param names of the listed images, by position
 * @param others names of images that are there and not listed: their masks are passed over
 * @returns with a fault, `path` being the mask's, for each mask without an image, of several files, or beside another mask
 */
export function matchMasks(
  masks: readonly string[],
  names: readonly string[],
  others: readonly string[],
): { matched: MatchedMask[]; faults: Fault[] } {
  /** By last segment of their keys. */
  const images = new Map<string, { key: string; name: string; position: number | null }[]>();
  const know = (name: string, position: number | null) => {
    for (const key of keysOf(name)) {
      const last = key.slice(key.lastIndexOf('/') + 1);
      const known = images.get(last);
      // Of files of one name, that which is listed is meant.
      if (position === null && known?.some((image) => image.key === key)) continue;
      if (known === undefined) images.set(last, [{ key, name, position }]);
      else known.push({ key, name, position });
    }
  };
  for (const [position, name] of names.entries()) know(name, position);
  const listed = new Set(names.map((name) => sameName(imagePlace(name).file)));
  for (const name of others) if (!listed.has(sameName(name))) know(name, null);

  const imagesOf = (key: string) => {
    const alike = images.get(key.slice(key.lastIndexOf('/') + 1)) ?? [];
    const same = alike.filter((image) => image.key === key);
    return same.length > 0 ? same : alike.filter((image) => image.key.endsWith(`/${key}`));
  };
  const matched: MatchedMask[] = [];
  const faults: Fault[] = [];
  /** Masks by image, with what stands behind the image's name; '' where nothing does. */
  const taken = new Map<number, { path: string; ending: string }[]>();
  for (const path of masks) {
    const key = stemOf(tellingPath(path));
    const found = imagesOf(key);
    const masked = found.length > 0 ? null : maskedImage(key);
    const meant = masked === null ? found : imagesOfMasked(masked, imagesOf);
    const ending = masked === null ? '' : key.slice(masked.image.length).toLowerCase();
    if (meant.length === 0) {
      faults.push({ path, message: `expected an image called ${quoted(key)}, whose mask it is, got none` });
      continue;
    }
    const files = [
      ...new Set(meant.map(({ name, position }) => (position === null ? name : imagePlace(name).file))),
    ];
    if (files.length > 1) {
      const came = files.slice(0, 3).map(quoted).join(', ');
      const more = files.length > 3 ? ` and ${files.length - 3} more` : '';
      faults.push({ path, message: `expected a mask of one image, got one that may be of ${came}${more}` });
      continue;
    }
    for (const { name, position } of meant) {
      if (position === null) continue;
      const others = taken.get(position) ?? [];
      const other = others.find((one) => ending === '' || one.ending === '' || one.ending === ending);
      if (other !== undefined) {
        faults.push({
          path,
          message: `expected one mask of ${quoted(name)}, got ${quoted(other.path)} and ${quoted(path)}`,
        });
        break;
      }
      taken.set(position, [...others, { path, ending }]);
      const named = imagePlace(key).part !== null;
      matched.push({ position, path, part: named ? null : imagePlace(name).part });
    }
  }
  return { matched, faults };
}

/** Images of `a_mask_1`: `a`, and `a_1` where there is one beside it, as nobody can tell which of both is meant. */
function imagesOfMasked<T>(
  { image, number }: { image: string; number: string | null },
  imagesOf: (key: string) => T[],
): T[] {
  const found = imagesOf(image);
  return found.length === 0 || number === null ? found : [...found, ...imagesOf(`${image}_${number}`)];
}
