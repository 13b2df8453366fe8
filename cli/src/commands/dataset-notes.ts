import type { DatasetIndex } from '@ddad/contract';
import { type CoarseImage, type FolderLayout, fewLevels, suspiciousAuc } from '@ddad/dataset';
import { inWords, percent, plural } from '../figures.ts';

/** Files that are no images of which a line names. */
const shownFiles = 8;

/** What a folder was taken for, what of it was left out, and what was passed over. */
export function layoutLines(
  layout: Pick<FolderLayout, 'title' | 'leftOut' | 'noImages'> | null,
  passedOver: number,
): string[] {
  const lines: string[] = [];
  if (layout !== null) lines.push(`without data.json: read as ${layout.title}`);
  for (const [folder, images] of layout?.leftOut ?? []) {
    const where = folder.endsWith('/') ? `in ${folder} beside its folders` : `of ${folder}/`;
    lines.push(`left out: ${plural(images, 'image')} ${where}, which a dataset has no place for`);
  }
  const { noImages = [] } = layout ?? {};
  if (noImages.length > 0) {
    const names = noImages.slice(0, shownFiles).map((name) => JSON.stringify(name));
    const more = noImages.length > shownFiles ? ` and ${noImages.length - shownFiles} more` : '';
    const what =
      noImages.length === 1 ? '1 file that is no image' : `${noImages.length} files that are no images`;
    lines.push(`passed over: ${what}: ${names.join(', ')}${more}`);
  }
  if (passedOver > 0) {
    const what = `${passedOver} ${passedOver === 1 ? 'file or folder' : 'files or folders'}`;
    lines.push(`passed over: ${what} of the system's own (.DS_Store, ._*, Thumbs.db, hidden folders)`);
  }
  return lines;
}

/** `masks of 12 of 14 abnormal test images`; null where the dataset has none. */
export function masksText({ masks, test }: Pick<DatasetIndex, 'masks' | 'test'>): string | null {
  if (masks === undefined || test.labels === 'none') return null;
  const [count, what] =
    test.labels === 'known'
      ? [test.abnormal.length, 'abnormal test image']
      : [test.images.length, 'test image'];
  return `masks of ${masks.images.length} of ${plural(count, what)}`;
}

/** What separates the test images without any network, and a warning where that is much; nothing where there are no labels. */
export function separationLines(separations: readonly { of: string; auc: number }[]): string[] {
  if (separations.length === 0) return [];
  const figures = separations.map(({ of, auc }) => `${of} ${percent(auc)}`).join(', ');
  const much = separations.filter(({ auc }) => auc >= suspiciousAuc).map(({ of }) => of);
  const lines = [`AUC on test without any network: ${figures}`];
  if (much.length > 0) {
    lines.push(
      `warning: ${inWords(much)} alone tell${much.length === 1 ? 's' : ''} normal from abnormal; a score no better than that has seen no anomaly`,
    );
  }
  return lines;
}

/**
 * A warning of 16-bit images that keep next to no grey levels in the range that all are read by; nothing where there are none.
 * @param remedy what to do about it
 */
export function coarseLines(coarse: readonly CoarseImage[], remedy: string): string[] {
  const [first] = coarse;
  if (first === undefined) return [];
  const [from, to] = first.range;
  const shown = 5;
  const what = `${plural(coarse.length, '16-bit image')} ${coarse.length === 1 ? 'keeps' : 'keep'}`;
  const lines = [
    `warning: ${what} ${fewLevels} grey levels or fewer of the values ${from} to ${to}: fewer bits than others, or nearly empty; ${remedy}`,
    ...coarse.slice(0, shown).map(({ name, values }) => `  ${name}: values ${values[0]} to ${values[1]}`),
  ];
  if (coarse.length > shown) lines.push(`  and ${coarse.length - shown} more`);
  return lines;
}
