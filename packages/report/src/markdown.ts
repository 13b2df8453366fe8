import { visibleLine } from '@ddad/contract';

/** A table in Markdown; columns of figures are right-aligned, as far as they are not the first one. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownRows(
    headings,
    rows.map((row) => row.map(cell)),
  );
}

/** The same of cells that are Markdown already. */
export function markdownRows(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, column) =>
    column > 0 && rows.every((row) => isFigure(row[column] ?? '')) ? '---:' : '---',
  );
  return [line(headings), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** A figure, with a unit or a spread or without; nothing, or a dash in its place. */
const isFigure = (cell: string) => /^([-−+<>≥≤]?\d|[–—-]?$)/.test(cell);

function cell(text: string): string {
  return text.replace(/[|\\]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}

/**
 * Text of which others may have chosen parts, as Markdown in a line or a cell that shows it as it is: nothing in it is markup, a
 * link or a control character.
 */
export function markdownText(text: string): string {
  return visibleLine(text)
    .replace(/[\\`*_[\]<>|~&#$]/g, '\\$&')
    .replaceAll('://', '\\://')
    .replaceAll('www.', 'www\\.')
    .replaceAll('@', '\\@');
}

/** A block of code that shows its text as it is. */
export function markdownCode(text: string, language = ''): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
