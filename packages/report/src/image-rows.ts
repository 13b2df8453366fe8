/** What calling an image abnormal or normal comes to; `above` and `below` of images whose label nobody knows. */
export type Verdict = 'hit' | 'miss' | 'false alarm' | 'right' | 'above' | 'below';

/** All test images as a table has them. */
export interface ImageTable {
  /** By place; null where nobody knows. */
  labels: readonly (0 | 1)[] | null;
  /** By place; null where they are not in the page. */
  names: readonly string[] | null;
  /** By place: what the image shows, joined; empty of what shows nothing that has a name. */
  pathologies: readonly string[];
  /** By name; one at least. */
  scores: Readonly<Record<string, Float32Array>>;
  /** Of held-out normal images, rising. */
  heldOut: Readonly<Record<string, Float32Array>>;
}

/** Images that score as high or higher are called abnormal. */
export interface Threshold {
  score: string;
  value: number;
}

/** What rows are wanted; an empty field asks for nothing. */
export interface RowFilter {
  /** Beginning of a number, or part of a name. */
  search: string;
  label: '' | '0' | '1';
  pathology: string;
  verdict: '' | Verdict;
  /** Places of the only images that are wanted; null for all. */
  among: ReadonlySet<number> | null;
}

/** Columns that rows are sorted by; scores by `score:` and their name. */
export type RowColumn = 'image' | 'label' | 'pathology' | 'verdict' | 'p' | `score:${string}`;

/** What a threshold makes of an image; null without a threshold. */
export function verdictOf(table: ImageTable, threshold: Threshold | null, place: number): Verdict | null {
  if (threshold === null) return null;
  const called = (table.scores[threshold.score]?.[place] ?? Number.NaN) >= threshold.value;
  const label = table.labels?.[place];
  if (label === undefined) return called ? 'above' : 'below';
  if (label === 1) return called ? 'hit' : 'miss';
  return called ? 'false alarm' : 'right';
}

/**
 * The p-value of an image's score: (1 + held-out normal images that score as high or higher) / (n + 1), as scores.csv has it.
 * @returns null where no normal images were held out
 */
export function pValueOf(table: ImageTable, score: string, place: number): number | null {
  const [sorted, value] = [table.heldOut[score], table.scores[score]?.[place]];
  if (sorted === undefined || value === undefined) return null;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return (1 + sorted.length - low) / (sorted.length + 1);
}

/** Places of the images that are wanted, in their order. */
export function filteredRows(table: ImageTable, threshold: Threshold | null, filter: RowFilter): number[] {
  const search = filter.search.trim().toLowerCase();
  const places = Object.values(table.scores)[0]?.keys() ?? [];
  return [...places].filter((place) => {
    const name = table.names?.[place];
    const found = String(place + 1).startsWith(search) || name?.toLowerCase().includes(search) === true;
    return (
      found &&
      (filter.among === null || filter.among.has(place)) &&
      (filter.label === '' || String(table.labels?.[place]) === filter.label) &&
      (filter.pathology === '' || table.pathologies[place]?.split('; ').includes(filter.pathology)) &&
      (filter.verdict === '' || verdictOf(table, threshold, place) === filter.verdict)
    );
  });
}

/**
 * Sorts places in place; equal ones stay in the order of the images.
 * @param score whose p-values are meant
 */
export function sortRows(
  table: ImageTable,
  threshold: Threshold | null,
  rows: number[],
  { column, falling, score }: { column: RowColumn; falling: boolean; score: string },
): void {
  const key = keyOf(table, threshold, column, score);
  const keys = new Map(rows.map((place) => [place, key(place)]));
  const sign = falling ? -1 : 1;
  rows.sort((a, b) => sign * compare(keys.get(a)!, keys.get(b)!) || a - b);
}

function keyOf(
  table: ImageTable,
  threshold: Threshold | null,
  column: RowColumn,
  score: string,
): (place: number) => string | number {
  switch (column) {
    case 'image':
      return (place) => table.names?.[place] ?? place;
    case 'label':
      return (place) => table.labels?.[place] ?? 0;
    case 'pathology':
      return (place) => table.pathologies[place] ?? '';
    case 'verdict':
      return (place) => verdictOf(table, threshold, place) ?? '';
    case 'p':
      return (place) => pValueOf(table, score, place) ?? 0;
    default: {
      const values = table.scores[column.slice('score:'.length)];
      return (place) => values?.[place] ?? 0;
    }
  }
}

const byName = new Intl.Collator('en', { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : byName.compare(String(a), String(b));
}
