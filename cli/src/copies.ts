import type { CopiesDescription } from '@ddad/dataset';
import { plural } from './figures.ts';

/** What a group of images is called. */
export interface GroupWords {
  one: string;
  many: string;
  what: string;
}

const copyWords: GroupWords = { one: 'group', many: 'groups', what: 'images with equal pixels' };

/**
 * Tells of images that are copies of one another: how many groups, how many of them between which lists of data.json, then
 * every copy by name. The names are the user's own, for the user's own terminal.
 * @param limit groups to name at most
 * @returns lines; the first is the heading
 */
export function copiesLines(
  { groups, acrossPlaces, testInTraining, byPlaces }: CopiesDescription,
  limit: number,
  words = copyWords,
): string[] {
  const images = groups.reduce((sum, group) => sum + group.length, 0);
  const counted = (count: number) => `${count} ${count === 1 ? words.one : words.many}`;
  const lines = [
    `${counted(groups.length)} of ${words.what} (${plural(images, 'image')}), ` +
      `${acrossPlaces} over several lists, ${testInTraining} with test images that are in training as well`,
  ];
  for (const { places, groups: count } of byPlaces) {
    const where = places.length === 1 ? `within ${places[0]}` : places.join(' and ');
    lines.push(`  ${where}: ${counted(count)}`);
  }
  for (const group of groups.slice(0, limit)) {
    lines.push(`  ${group.map(({ image, place }) => `${image} (${place})`).join(' = ')}`);
  }
  if (groups.length > limit) {
    lines.push(`  ... and ${groups.length - limit} more; --all-copies shows them`);
  }
  return lines;
}
