import type { JobProgress } from '@ddad/contract';
import { cell, linesThatFit, plainText, tableRow } from './details-table.ts';

/** A node's line of the table. */
export interface TableNode extends JobProgress {
  id: string;
  unit: 'epoch' | 'image';
  imagesPerUnit: number;
}

/**
 * A run's state as Markdown for the Temporal UI: the stage, all stages, and a line per node, in order; lines that do not fit
 * are counted instead.
 * @param about.page address of the run's own page; null where there is none
 * @param about.deviations in which ways the method differs from its source
 */
export function progressTable(
  stage: string,
  stages: readonly string[],
  nodes: readonly TableNode[],
  { page = null, deviations = [] }: { page?: string | null; deviations?: readonly string[] } = {},
): string {
  const count = (state: JobProgress['state']) => nodes.filter((node) => node.state === state).length;
  const failed = count('failed');
  const head = [
    `**${stage}** — ${count('finished')} of ${nodes.length} finished, ${count('running')} running${failed > 0 ? `, ${failed} failed` : ''}`,
  ];
  if (page !== null) head.push('', `[live curves and report](${page})`);
  if (deviations.length > 0)
    head.push('', `differs from its source: ${deviations.map(plainText).join('; ')}`);
  if (nodes.length === 0) return head.join('\n');
  head.push(
    '',
    `stages: ${stages.map((one) => (one === stage ? `**${cell(one)}**` : cell(one))).join(' → ')}`,
    '',
    tableRow(['what', 'progress', 'loss', 'time left', 'worker']),
    '|:---|---:|---:|---:|:---|',
  );
  return linesThatFit(head, nodes.map(line), 'lines');
}

function line(node: TableNode): string {
  const { id, unit, done, total, loss, worker, state } = node;
  const reached = `${done} / ${total}`;
  const told = state === 'finished' || (state === 'waiting' && done === 0);
  const idle = told ? state : `${state}, ${reached}`;
  const progress = state === 'running' ? `${reached} ${unit}s` : idle;
  const shownLoss = loss === null ? '–' : loss.toPrecision(4);
  return tableRow([cell(id), progress, shownLoss, timeLeft(node), cell(worker)]);
}

function timeLeft({ state, done, total, imagesPerUnit, imagesPerSecond }: TableNode): string {
  if (state !== 'running' || imagesPerSecond <= 0) return '–';
  const seconds = Math.round(((total - done) * imagesPerUnit) / imagesPerSecond);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
