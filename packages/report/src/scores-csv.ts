import { csvParseRows } from 'd3-dsv';
import type { ScoredImage } from './comparison/compare-runs.ts';

/**
 * Reads a run's scores.csv.
 * @throws Error where it is none
 */
export function readScoresCsv(text: string): ScoredImage[] {
  const [header, ...rows] = csvParseRows(text);
  if (header?.[0] !== 'image' || header[1] !== 'label') {
    throw new Error(
      `scores.csv: expected columns image and label first, got ${header?.join(', ') ?? 'nothing'}`,
    );
  }
  const columns = header.slice(2).map((name, place) => ({ name, column: place + 2 }));
  return rows.map((row, i): ScoredImage => {
    const [image, label] = row;
    if (image === undefined || (label !== '0' && label !== '1' && label !== '')) {
      throw new Error(`scores.csv, image ${i + 1}: expected label 0, 1 or none, got ${label ?? 'nothing'}`);
    }
    const found = columns.filter(({ column }) => row[column] !== undefined && row[column] !== '');
    const scores = Object.fromEntries(found.map(({ name, column }) => [name, Number(row[column])]));
    return { image: nameIn(image), label: label === '' ? null : label === '1' ? 1 : 0, scores };
  });
}

/** A name without the apostrophe that keeps spreadsheets from computing it; runs of older versions have none. */
function nameIn(cell: string): string {
  return cell.replace(/^'(?=[=+\-@\t\r])/, '');
}
