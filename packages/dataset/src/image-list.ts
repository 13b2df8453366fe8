import type { Fault } from '@ddad/contract';
import { csvParseRows } from 'd3-dsv';
import type { ListedImage } from './repartition.ts';

/** A line of a CSV file that says something about an image of the dataset. */
export interface ImageLine {
  image: string;
  /** Position of the image among those that data.json lists. */
  position: number;
  value: string;
  /** From 1. */
  line: number;
}

/** Faults of one file that are listed; of more it is said how many. */
const listedFaults = 100;
const shownLength = 60;

/** A cell in a message, cut short. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > shownLength ? `${text.slice(0, shownLength - 3)}...` : text);
}

/** The first hundred faults and how many more there are. */
export function firstFaults(faults: readonly Fault[], file: string): Fault[] {
  if (faults.length <= listedFaults) return [...faults];
  const more = faults.length - listedFaults;
  return [...faults.slice(0, listedFaults), { path: file, message: `and ${more} more faults` }];
}

/**
 * Reads a CSV file (RFC 4180) of two columns, `image` and another, with names as data.json lists them. Space around cells
 * does not count, empty lines neither.
 *
 * @param file its name, for faults
 * @param column heading of the second column
 * @param images all that data.json lists
 * @returns the usable lines, and every fault: another header, lines of other than two cells, empty cells, images that
 *   data.json does not list
 */
export function readImageLines(
  text: string,
  { file, column, images }: { file: string; column: string; images: readonly ListedImage[] },
): { lines: ImageLine[]; faults: Fault[] } {
  const positions = new Map(images.map(({ name }, position) => [name, position]));
  const faults: Fault[] = [];
  const lines: ImageLine[] = [];
  let header: string[] | null = null;
  let next = 1;
  for (const row of csvParseRows(text.replace(/^\uFEFF/, ''))) {
    const line = next;
    // A quoted cell may hold line breaks.
    next += 1 + row.reduce((sum, cell) => sum + (cell.match(/\n/g)?.length ?? 0), 0);
    const cells = row.map((cell) => cell.trim());
    if (cells.every((cell) => cell === '')) continue;
    if (header === null) {
      header = cells;
      if (cells.length === 2 && cells[0] === 'image' && cells[1] === column) continue;
      faults.push({
        path: `${file} line ${line}`,
        message: `expected the header image,${column}, got ${quoted(row.join(','))}`,
      });
      // Whatever comes below may mean anything.
      return { lines: [], faults };
    }
    const path = `${file} line ${line}`;
    const [image = '', value = ''] = cells;
    const position = positions.get(image);
    if (cells.length !== 2) {
      faults.push({ path, message: `expected two cells, image and ${column}, got ${cells.length}` });
    } else if (image === '' || value === '') {
      faults.push({ path, message: `expected an image and a ${column}, got an empty cell` });
    } else if (position === undefined) {
      faults.push({ path, message: `expected an image that data.json lists, got ${quoted(image)}` });
    } else lines.push({ image, position, value, line });
  }
  if (header === null)
    faults.push({ path: file, message: `expected the header image,${column}, got nothing` });
  return { lines, faults };
}
