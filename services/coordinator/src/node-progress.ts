import { type JobProgress, mostReason } from '@ddad/contract';

/** Name of the signal that tells a run of its nodes' progress, many in one. */
export const nodeProgressSignal = 'nodeProgress';

/**
 * One node's figures as the signal carries them: an array, because every signal stays in the run's history.
 * [position, done, total, loss, images a second, worker, state], and why the last attempt failed where that is news.
 */
export type NodeProgressRow = [
  number,
  number,
  number,
  number | null,
  number,
  string | null,
  JobProgress['state'],
  string?,
];

const states: readonly string[] = [
  'waiting',
  'running',
  'finished',
  'failed',
] satisfies JobProgress['state'][];

export function toRow(position: number, progress: JobProgress): NodeProgressRow {
  const { done, total, loss, imagesPerSecond, worker, state } = progress;
  const shortLoss = loss === null ? null : Number(loss.toPrecision(6));
  return [position, done, total, shortLoss, Math.round(imagesPerSecond * 10) / 10, worker, state];
}

/** What a signal brought, row by row; whatever is no row is left out, because a signal can come from anybody. */
export function fromRows(received: unknown): { position: number; progress: JobProgress; trouble?: string }[] {
  if (!Array.isArray(received)) return [];
  return received
    .filter(isRow)
    .map(([position, done, total, loss, imagesPerSecond, worker, state, trouble]) => ({
      position,
      progress: { done, total, loss, imagesPerSecond, worker, state },
      ...(trouble === undefined ? {} : { trouble }),
    }));
}

function isRow(value: unknown): value is NodeProgressRow {
  if (!Array.isArray(value) || value.length < 7 || value.length > 8) return false;
  const [position, done, total, loss, imagesPerSecond, worker, state, trouble]: unknown[] = value;
  return (
    [position, done, total, imagesPerSecond].every((figure) => typeof figure === 'number') &&
    (loss === null || typeof loss === 'number') &&
    (worker === null || typeof worker === 'string') &&
    typeof state === 'string' &&
    states.includes(state) &&
    (trouble === undefined || (typeof trouble === 'string' && trouble.length <= mostReason))
  );
}
