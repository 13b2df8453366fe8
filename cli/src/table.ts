/** A table's column: its heading and on which side its cells stand. */
export interface Column {
  heading: string;
  align?: 'left' | 'right';
}

/**
 * Lays out a table with two spaces between columns; a cell may hold any narrow characters.
 * @returns the heading and one line per row, without spaces at the end
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const length = (text: string) => [...text].length;
  const widths = columns.map((column, i) =>
    rows.reduce((widest, row) => Math.max(widest, length(row[i] ?? '')), length(column.heading)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map((column, i) => {
        const cell = cells[i] ?? '';
        const padding = ' '.repeat(widths[i]! - length(cell));
        return column.align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.heading)), ...rows.map(line)];
}

/** A column of a table of items, with what it says of each. */
export interface ItemColumn<Item> extends Column {
  cell: (item: Item) => string;
}

/** A table with a row for each item. */
export function itemLines<Item>(columns: readonly ItemColumn<Item>[], items: readonly Item[]): string[] {
  return tableLines(
    columns,
    items.map((item) => columns.map(({ cell }) => cell(item))),
  );
}
