import type { Separation } from '@ddad/contract';
import type { ExperimentTable, TableCell } from '@ddad/methods';
import { percent } from '../figures.ts';
import { markdownTable } from '../markdown.ts';

/** A table of a paper in Markdown, shares in percent; what is missing, in words, where there is none. */
export function tableText(content: ReturnType<ExperimentTable['make']>): string {
  if ('missing' in content) return content.missing;
  const { caption, headings, rows } = content;
  const table = markdownTable(
    headings,
    rows.map((row) => row.map(cellText)),
  );
  return caption === null ? table : `${caption}\n\n${table}`;
}

function cellText(cell: TableCell): string {
  if (cell === null) return aucAp(undefined);
  if (typeof cell === 'string') return cell;
  if ('share' in cell) return percent(cell.share);
  const { auc, ap } = cell;
  if (typeof auc === 'number' || typeof ap === 'number') return aucAp(cell as Separation);
  return `${percent(auc.mean)}/${percent(ap.mean)} ± ${percent(auc.std)}/${percent(ap.std)}`;
}

/** `87.9/80.7`: AUC and AP in percent, as the paper writes them; a dash where there is none. */
export function aucAp(separation: Pick<Separation, 'auc' | 'ap'> | undefined): string {
  return separation === undefined ? '–' : `${percent(separation.auc)}/${percent(separation.ap)}`;
}
