import { figure } from '../figures.ts';
import {
  filteredRows,
  type ImageTable,
  pValueOf,
  type RowColumn,
  type RowFilter,
  sortRows,
  type Threshold,
  verdictOf,
} from '../image-rows.ts';
import { all, byId, type ReadData } from './elements.ts';

/** Of a row, in pixels, as the style sheet has it. */
const rowHeight = 34;
/** Rows that are there above and below what is seen. */
const margin = 12;

/** A threshold as the table has it. */
export interface ShownThreshold extends Threshold {
  /** What is told in place of a value that no image reaches. */
  shown?: number;
}

/** A threshold as someone chose it; null where there is none. */
type Judge = (threshold: ShownThreshold | null) => void;

/**
 * The table of all test images: only the rows that are seen exist, and those with a button, however many there are.
 * @param open shows an image that has pictures, by its place in the gallery; then gives the focus back
 * @returns what has all images judged by another threshold
 */
export function imageTable(
  data: ReadData,
  table: ImageTable,
  open: (place: number, back: HTMLElement) => void,
): Judge {
  const { main, cases, names } = data;
  const section = document.getElementById('images');
  if (section === null || main === null) return () => undefined;
  const region = byId('image-rows', HTMLDivElement);
  const form = byId('image-filters', HTMLFormElement);
  const [body] = all('tbody', HTMLTableSectionElement, region);
  const heads = all('th[data-column]', HTMLTableCellElement, region);
  const columns = heads.map((head) => head.dataset.column as RowColumn);
  const pictured = new Map(cases.map(({ number }, place) => [number - 1, place]));
  let threshold: ShownThreshold | null = initialThreshold(data, main);
  let order: { column: RowColumn; falling: boolean } = { column: `score:${main}`, falling: true };
  let rows: number[] = [];
  /** Where in `rows` images have pictures, rising. */
  let withButtons: number[] = [];
  section.hidden = false;
  if (names !== null) {
    byId('names-note', HTMLSpanElement).textContent =
      'This page was made with names of files, which may name patients: treat it as you treat the files.';
    (form.elements.namedItem('search') as HTMLInputElement).placeholder = 'number or name';
  }

  const field = (name: string) =>
    (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null)?.value ?? '';
  const filter = (): RowFilter => ({
    search: field('search'),
    label: field('label') as RowFilter['label'],
    pathology: field('pathology'),
    verdict: field('verdict') as RowFilter['verdict'],
    among: (form.elements.namedItem('pictured') as HTMLInputElement).checked
      ? new Set(pictured.keys())
      : null,
  });

  function choose(): void {
    rows = filteredRows(table, threshold, filter());
    sortRows(table, threshold, rows, { ...order, score: threshold?.score ?? main! });
    withButtons = [...rows.keys()].filter((at) => pictured.has(rows[at]!));
    for (const head of heads) {
      const sorted = head.dataset.column === order.column;
      head.setAttribute('aria-sort', sorted ? (order.falling ? 'descending' : 'ascending') : 'none');
    }
    const all = table.scores[main!]!.length;
    const count = form.elements.namedItem('count') as HTMLOutputElement;
    count.value = `${rows.length.toLocaleString('en')} of ${all.toLocaleString('en')} test images`;
    region.scrollTop = 0;
    drawAnew();
    region.querySelector('table')!.setAttribute('aria-rowcount', String(rows.length + 1));
  }

  function drawAnew(): void {
    body!.replaceChildren();
    draw();
  }

  /**
   * Has the rows exist that are seen, and those with a button: the keyboard goes from one of these to the next, wherever they are.
   * Rows that stay are left in place: one that is taken out loses its focus, be it put back at once.
   */
  function draw(): void {
    const first = Math.max(0, Math.floor(region.scrollTop / rowHeight) - margin);
    const last = Math.min(rows.length, first + Math.ceil(region.clientHeight / rowHeight) + 2 * margin);
    const wanted = [
      ...withButtons.filter((at) => at < first),
      ...Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at),
      ...withButtons.filter((at) => at >= last),
    ];
    const known = new Map(
      all('tr[data-place]', HTMLTableRowElement, body!).map((row) => [row.dataset.place, row]),
    );
    const parts: HTMLTableRowElement[] = [];
    let drawn = 0;
    for (const at of wanted) {
      const place = rows[at]!;
      if (at > drawn) parts.push(space(at - drawn, columns.length));
      parts.push(known.get(String(place)) ?? rowOf(place, at));
      drawn = at + 1;
    }
    if (rows.length > drawn) parts.push(space(rows.length - drawn, columns.length));
    replaceRows(body!, parts);
  }

  function rowOf(place: number, at: number): HTMLTableRowElement {
    const row = document.createElement('tr');
    row.setAttribute('aria-rowindex', String(at + 2));
    row.dataset.place = String(place);
    row.append(...columns.map((column) => cellOf(column, place)));
    return row;
  }

  function cellOf(column: RowColumn, place: number): HTMLTableCellElement {
    const cell = document.createElement(column === 'image' ? 'th' : 'td');
    if (column === 'image') {
      cell.scope = 'row';
      cell.append(nameCell(place));
      return cell;
    }
    if (column === 'p' || column.startsWith('score:')) cell.className = 'number';
    cell.textContent = textOf(column, place);
    if (column === 'verdict') cell.dataset.verdict = cell.textContent;
    return cell;
  }

  function textOf(column: RowColumn, place: number): string {
    if (column === 'label') return table.labels?.[place] === 1 ? 'abnormal' : 'normal';
    if (column === 'pathology') return table.pathologies[place] ?? '';
    if (column === 'verdict') return verdictOf(table, threshold, place) ?? '';
    if (column === 'p') {
      const found = pValueOf(table, threshold?.score ?? main!, place);
      return found === null ? '' : figure(found, 2);
    }
    const value = table.scores[column.slice('score:'.length)]?.[place];
    return value === undefined ? '' : figure(value, 4);
  }

  /** Its number, with its name where the page has names; a button where there are pictures. */
  function nameCell(place: number): Node {
    const name = names?.[place];
    const text = `${place + 1}${name === undefined ? '' : ` ${name}`}`;
    const picture = pictured.get(place);
    if (picture === undefined) return document.createTextNode(text);
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.title = 'Show its pictures';
    button.addEventListener('click', () => open(picture, button.isConnected ? button : region));
    return button;
  }

  function tellThreshold(): void {
    const score = threshold?.score ?? main!;
    for (const element of all('[data-judged]', HTMLElement, section!)) element.textContent = score;
    byId('verdict-threshold', HTMLOutputElement).value =
      threshold === null ? 'no threshold' : figure(threshold.shown ?? threshold.value, 4);
    byId('verdict-rule', HTMLSpanElement).textContent =
      threshold?.value === Number.POSITIVE_INFINITY
        ? 'no test image scores above it'
        : 'images that score as high or higher are called abnormal';
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', choose);
  region.addEventListener('scroll', draw);
  for (const head of heads) {
    head.querySelector('button')!.addEventListener('click', () => {
      const column = head.dataset.column as RowColumn;
      const falls = column.startsWith('score:') || column === 'label';
      order = { column, falling: order.column === column ? !order.falling : falls };
      choose();
    });
  }
  tellThreshold();
  choose();
  return (next) => {
    threshold = next;
    tellThreshold();
    // A slider moves often: what is sorted and chosen by other things stays as it is.
    if (order.column === 'verdict' || order.column === 'p' || filter().verdict !== '') choose();
    else drawAnew();
  };
}

/** Puts rows in place of those that are there. Of both, those that stay have to be in the same order. */
function replaceRows(body: HTMLTableSectionElement, rows: readonly HTMLTableRowElement[]): void {
  const stay = new Set(rows);
  for (const row of [...body.rows]) if (!stay.has(row)) row.remove();
  let next = body.firstElementChild;
  for (const row of rows) {
    if (row === next) next = next.nextElementSibling;
    else body.insertBefore(row, next);
  }
}

/** Rows that do not exist. */
function space(rows: number, columns: number): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.setAttribute('aria-hidden', 'true');
  row.className = 'space';
  const cell = row.insertCell();
  cell.colSpan = columns;
  cell.style.height = `${rows * rowHeight}px`;
  return row;
}

/** All test images of the page's data. */
export function tableOf(data: ReadData): ImageTable {
  return { ...data, pathologies: shownBy(data) };
}

function shownBy({ scores, pathologies }: ReadData): string[] {
  const shown: string[][] = Array.from(Object.values(scores)[0] ?? [], () => []);
  for (const { name, images } of pathologies) for (const place of images) shown[place]?.push(name);
  return shown.map((names) => names.join('; '));
}

/** Of held-out normal images, where labels of the test images choose no other: the lowest score above it, or itself where none is. */
function initialThreshold({ scores, thresholds }: ReadData, score: string): ShownThreshold | null {
  const threshold = thresholds[score];
  if (threshold === undefined) return null;
  const above = Array.from(scores[score] ?? []).filter((value) => value > threshold);
  const value = above.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  // One that scores as high as the threshold is not above it.
  return above.length === 0 ? { score, value, shown: threshold } : { score, value };
}
