import type { Fault, Pathology } from '@ddad/contract';
import { quoted, readImageLines } from './image-list.ts';
import { type ListedImage, placeOf } from './repartition.ts';

/** Bounds of what travels with a run's result. */
export const pathologyLimits = { names: 100, nameLength: 80 } as const;

/**
 * Reads labels.csv (`image,pathology`; an image that shows several has several lines).
 *
 * @param images all that data.json lists
 * @returns pathologies by name, positions as in `images`; and every fault: those of the file (see `readImageLines`), a
 *   pathology of an image that data.json calls normal, a line given twice, a pathology in two spellings
 */
export function readPathologies(
  text: string,
  file: string,
  images: readonly ListedImage[],
): { pathologies: Pathology[]; faults: Fault[] } {
  const { lines, faults } = readImageLines(text, { file, column: 'pathology', images });
  const spellings = new Map<string, { name: string; line: number }>();
  const found = new Map<string, Map<number, number>>();
  for (const { image, position, value, line } of lines) {
    const path = `${file} line ${line}`;
    const place = placeOf(images[position]!);
    if (/(^|\.)0$/.test(place)) {
      faults.push({
        path,
        message: `expected a pathology of an abnormal image, got ${quoted(value)} of ${quoted(image)}, which is normal (${place})`,
      });
      continue;
    }
    if (value.length > pathologyLimits.nameLength) {
      const message = `expected a name of at most ${pathologyLimits.nameLength} characters, got ${value.length}`;
      faults.push({ path, message });
      continue;
    }
    // scores.csv sets several of one image apart by it.
    if (value.includes(';')) {
      faults.push({
        path,
        message: `expected a name without ";" (one line a pathology), got ${quoted(value)}`,
      });
      continue;
    }
    const spelling = spellings.get(value.toLowerCase()) ?? { name: value, line };
    spellings.set(value.toLowerCase(), spelling);
    if (spelling.name !== value) {
      const message = `expected one spelling, got ${quoted(value)}, and ${quoted(spelling.name)} at line ${spelling.line}`;
      faults.push({ path, message });
      continue;
    }
    const shown = found.get(value) ?? new Map<number, number>();
    found.set(value, shown);
    const before = shown.get(position);
    if (before === undefined) shown.set(position, line);
    else faults.push({ path, message: `expected every line once, got that of line ${before} again` });
  }
  if (found.size > pathologyLimits.names) {
    faults.push({
      path: file,
      message: `expected at most ${pathologyLimits.names} different pathologies, got ${found.size}`,
    });
  }
  const pathologies = [...found]
    .map(([name, shown]) => ({ name, images: [...shown.keys()].sort((a, b) => a - b) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { pathologies, faults };
}
