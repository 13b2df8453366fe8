/** A table in Markdown; the cells of the first column are left-aligned, the others right-aligned. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(headings), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replace(/[|\\]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}
