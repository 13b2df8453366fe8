import { csvParseRows } from 'd3-dsv';

/** A row of a CSV file with the line that it begins at, from 1. */
export interface CsvRow {
  cells: string[];
  line: number;
}

/**
 * Rows of a CSV text (RFC 4180). A byte order mark does not count.
 * @returns the rows; or the line of a quote that is never closed, which makes one cell of all that follows it, or that text
 *   follows, which would be dropped
 */
export function csvRows(content: string): { rows: CsvRow[] } | { line: number; came: string } {
  const text = content.replace(/^\uFEFF/, '');
  const fault = quoteFault(text);
  if (fault !== null) return fault;
  let next = 1;
  const rows = csvParseRows(text).map((cells) => {
    const line = next;
    // A quoted cell may hold line breaks.
    next += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\n/g)?.length ?? 0), 0);
    return { cells, line };
  });
  return { rows };
}

/** The first quoted cell that does not end as one must. */
function quoteFault(text: string): { line: number; came: string } | null {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    if (text[at] === '"') {
      const began = line;
      for (at += 1; ; at++) {
        if (at >= text.length) return { line: began, came: 'a quote that is never closed' };
        if (text[at] === '\n') line += 1;
        if (text[at] !== '"') continue;
        if (text[at + 1] !== '"') break;
        at += 1;
      }
      at += 1;
      if (at < text.length && !',\r\n'.includes(text[at]!))
        return { line, came: 'text after a closing quote' };
    }
    // To the next cell.
    while (at < text.length && text[at] !== ',' && text[at] !== '\n') at += 1;
    if (text[at] === '\n') line += 1;
    at += 1;
  }
  return null;
}
