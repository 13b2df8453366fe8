/** The server refuses current details much above this. */
export const tableLimitBytes = 18_000;

/** A Markdown table for the Temporal UI; lines that do not fit are counted instead. */
export function linesThatFit(head: readonly string[], lines: readonly string[], what: string): string {
  // Room for the closing line.
  let room = tableLimitBytes - byteLength(head.join('\n')) - 60;
  const shown: string[] = [];
  for (const text of lines) {
    room -= byteLength(text) + 1;
    if (room < 0) break;
    shown.push(text);
  }
  const left = lines.length - shown.length;
  return [...head, ...shown, ...(left > 0 ? ['', `… and ${left} more ${what}`] : [])].join('\n');
}

/**
 * A line of a table. The UI has no space between columns and shows entities as they are written: an em space stands behind every
 * cell but the last, and what is to stay on one line has spaces that do not break.
 */
export function tableRow(cells: readonly string[]): string {
  const spaced = cells.map((text, at) => (at === cells.length - 1 ? text : `${unbroken(text)}\u2003`));
  return `| ${spaced.join(' | ')} |`;
}

/** A name as a table cell takes it. */
export function cell(text: string | null): string {
  if (text === null) return '–';
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return plainText(short);
}

/** Text in which nothing is Markdown, on one line. */
export function plainText(text: string): string {
  return text.replace(/[|\\`*_<>[\]\r\n]/g, (character) =>
    /[\r\n]/.test(character) ? ' ' : `\\${character}`,
  );
}

function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

/** In UTF-8. TextEncoder is there in the workflow sandbox, Buffer is not. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
