import type { Fault } from '@ddad/contract';
import { type ListedImage, sameName } from './repartition.ts';
import { csvRows } from './text/csv-text.ts';

/** A line of a CSV file that says something about an image of the dataset. */
export interface ImageLine {
  image: string;
  /** Position of the image among those that data.json lists. */
  position: number;
  value: string;
  /** From 1. */
  line: number;
}

const shownLength = 60;

/** A cell in a message, cut short. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > shownLength ? `${text.slice(0, shownLength - 3)}...` : text);
}

/**
 * Reads a CSV file (RFC 4180) with the columns `image` and another, with names as data.json lists them; further columns are
 * passed over. Space around cells does not count, empty lines neither.
 *
 * @param file its name, for faults
 * @param column heading of the other column
 * @param images all that data.json lists
 * @returns the usable lines, and every fault: an open quote, another header, lines of more or fewer cells than it has, empty
 *   cells, images that data.json does not list
 */
export function readImageLines(
  text: string,
  { file, column, images }: { file: string; column: string; images: readonly ListedImage[] },
): { lines: ImageLine[]; faults: Fault[] } {
  const positions = new Map(images.map(({ name }, position) => [sameName(name), position]));
  const faults: Fault[] = [];
  const lines: ImageLine[] = [];
  const read = csvRows(text);
  if ('came' in read) {
    return {
      lines,
      faults: [{ path: `${file} line ${read.line}`, message: `expected CSV, got ${read.came}` }],
    };
  }
  const rows = read.rows
    .map(({ cells, line }) => ({ cells: cells.map((cell) => cell.trim()), line }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const [header, ...others] = rows;
  const wanted = `expected the header image,${column}`;
  if (header === undefined) return { lines, faults: [{ path: file, message: `${wanted}, got nothing` }] };
  const columns = ['image', column].map((heading) =>
    header.cells.flatMap((cell, at) => (cell === heading ? [at] : [])),
  );
  const [[imageAt, ...again] = [], [valueAt, ...valueAgain] = []] = columns;
  if (imageAt === undefined || valueAt === undefined || again.length + valueAgain.length > 0) {
    const message = `${wanted}, with further columns or none, got ${quoted(header.cells.join(','))}`;
    // Whatever comes below may mean anything.
    return { lines, faults: [{ path: `${file} line ${header.line}`, message }] };
  }
  for (const { cells, line } of others) {
    const path = `${file} line ${line}`;
    const [image = '', value = ''] = [cells[imageAt], cells[valueAt]];
    const position = positions.get(sameName(image));
    if (cells.length !== header.cells.length) {
      const message = `expected ${header.cells.length} cells, as the header has, got ${cells.length}`;
      faults.push({ path, message });
    } else if (image === '' || value === '') {
      faults.push({ path, message: `expected an image and a ${column}, got an empty cell` });
    } else if (position === undefined) {
      faults.push({ path, message: `expected an image that data.json lists, got ${quoted(image)}` });
    } else lines.push({ image, position, value, line });
  }
  return { lines, faults };
}
