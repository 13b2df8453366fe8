import type { Separation } from '@ddad/contract';
import type { CellSpread, ExperimentTable, TableCell } from '@ddad/methods';
import { markdownTable } from '@ddad/report/markdown';
import { percent } from '../figures.ts';

/**
 * A table of a paper in Markdown, shares in percent; what is missing, in words, where there is none.
 * @param note what its figures are over; null where each is of one run
 */
export function tableText(content: ReturnType<ExperimentTable['make']>, note: string | null): string {
  if ('missing' in content) return content.missing;
  const { headings, rows } = content;
  const caption = [content.caption, note].filter((part) => part !== null).join(' ');
  const table = markdownTable(
    headings,
    rows.map((row) => row.map(cellText)),
  );
  return caption === '' ? table : `${caption}\n\n${table}`;
}

function cellText(cell: TableCell): string {
  if (cell === null) return aucAp(undefined);
  if (typeof cell === 'string') return cell;
  if ('share' in cell) return typeof cell.share === 'number' ? percent(cell.share) : spreadText(cell.share);
  const { auc, ap } = cell;
  if (typeof auc === 'number' || typeof ap === 'number') return aucAp(cell as Separation);
  const means = `${percent(auc.mean)}/${percent(ap.mean)}`;
  return auc.std === null || ap.std === null ? means : `${means} ± ${percent(auc.std)}/${percent(ap.std)}`;
}

/** `87.9 ± 1.2`: mean and standard deviation in percent; the mean alone where there is no deviation. */
export function spreadText({ mean, std }: CellSpread): string {
  return std === null ? percent(mean) : `${percent(mean)} ± ${percent(std)}`;
}

/** `87.9/80.7`: AUC and AP in percent, as the paper writes them; a dash where there is none. */
export function aucAp(separation: Pick<Separation, 'auc' | 'ap'> | undefined): string {
  return separation === undefined ? '–' : `${percent(separation.auc)}/${percent(separation.ap)}`;
}

/** `55.0 ± 5.0 / 42.5 ± 5.0`: AUC and AP; a dash where there are none. */
export function spreadCell(
  found: readonly Pick<Separation, 'auc' | 'ap'>[],
  spread: (values: readonly number[]) => CellSpread,
): string {
  if (found.length === 0) return '–';
  return (['auc', 'ap'] as const)
    .map((metric) => spreadText(spread(found.map((one) => one[metric]))))
    .join(' / ');
}
