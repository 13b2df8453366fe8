import type { DatasetIndex } from '@ddad/contract';
import { describeCopies } from '@ddad/dataset';
import { plural } from './figures.ts';

/**
 * Tells of images with equal pixels: how many groups, how many of them between which lists of data.json, then every
 * copy by name. The names are the user's own, for the user's own terminal.
 * @param limit groups to name at most
 * @returns lines; the first is the heading
 */
export function copiesLines(index: DatasetIndex, limit: number): string[] {
  const { groups, acrossPlaces, testInTraining, byPlaces } = describeCopies(index);
  const images = groups.reduce((sum, group) => sum + group.length, 0);
  const lines = [
    `${plural(groups.length, 'group')} of images with equal pixels (${plural(images, 'image')}), ` +
      `${acrossPlaces} over several lists, ${testInTraining} with test images that are in training as well`,
  ];
  for (const { places, groups: count } of byPlaces) {
    const where = places.length === 1 ? `within ${places[0]}` : places.join(' and ');
    lines.push(`  ${where}: ${plural(count, 'group')}`);
  }
  for (const group of groups.slice(0, limit)) {
    lines.push(`  ${group.map(({ image, place }) => `${image} (${place})`).join(' = ')}`);
  }
  if (groups.length > limit) {
    lines.push(`  ... and ${groups.length - limit} more; --all-copies shows them`);
  }
  return lines;
}
