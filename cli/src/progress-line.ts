import type { JobView } from '@ddad/runs';
import { duration, lossFigure } from './figures.ts';
import { cut } from './screen.ts';
import { sparkline } from './sparkline.ts';

/** Where there is room: names and counts of later stages are allowed for, so that finished lines stand in columns. */
const roomyName = 13;
const smallestBar = 6;
const largestBar = 30;

/** What a progress line has room for; one layout serves all lines, so that they stand in columns. */
export interface LineLayout {
  width: number;
  name: number;
  count: number;
  bar: number;
  timeLeft: boolean;
  loss: boolean;
  speed: boolean;
  /** Width of the losses' curve. */
  curve: number;
  worker: number;
}

const timeLeftWidth = '  left 123:45:00'.length;
const lossWidth = '  loss 1.250e-5'.length;
const curveWidth = 8;
const speedWidth = '  12345 img/s'.length;

/**
 * Divides a line's width: name and count always stand; time left, loss, images a second, the losses' curve and trainer
 * are added in this order while at least a small bar remains; the bar takes the rest.
 * @param width of the terminal in columns
 */
export function layoutLines(jobs: readonly JobView[], width: number): LineLayout {
  const longest = (texts: readonly string[], least = 0) =>
    texts.reduce((most, { length }) => Math.max(most, length), least);
  const roomy = width >= 100;
  const names = jobs.map((job) => job.name);
  const counts = jobs.map(({ total }) => `${total}/${total}`);
  const name = longest(names, roomy ? roomyName : 0);
  const count = longest(counts, roomy ? '1200/1200'.length : 0);
  // "name  bar  count", one column kept free: a full line would wrap on some terminals.
  let rest = width - 1 - name - 2 - 2 - count - smallestBar;
  const take = (wanted: number) => {
    if (wanted > rest) return false;
    rest -= wanted;
    return true;
  };
  const timeLeft = take(timeLeftWidth);
  const loss = timeLeft && take(lossWidth);
  const speed = loss && take(speedWidth);
  const curve = speed && take(curveWidth + 2) ? curveWidth : 0;
  const wanted = Math.min(24, longest(jobs.map((job) => job.worker ?? '')));
  const worker = curve > 0 && wanted > 0 && take(wanted + 2) ? wanted : 0;
  const bar = Math.max(0, Math.min(largestBar, smallestBar + rest));
  return { width: width - 1, name, count, bar, timeLeft, loss, speed, curve, worker };
}

/** A bar of `width` characters, `share` (0..1) of it full; full only when everything is done. */
export function bar(share: number, width: number): string {
  const full = Math.max(0, Math.min(width, Math.floor(share * width + 1e-9)));
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** One job as one line, never wider than its layout allows: `net 0  ████░░░░  12/40  left 0:42  loss 0.03124  ...`. */
export function progressLine(job: JobView, layout: LineLayout): string {
  const name = job.name.padEnd(layout.name);
  if (job.state === 'waiting' && job.done === 0) return cut(`${name}  ${waiting(job)}`, layout.width);
  if (job.state === 'cancelled' && job.done === 0) return cut(`${name}  cancelled`, layout.width);
  const share = job.state === 'finished' ? 1 : job.total > 0 ? job.done / job.total : 0;
  const count = job.total > 0 ? `${job.done}/${job.total}` : '';
  const head = `${name}  ${bar(share, layout.bar)}  ${count.padStart(layout.count)}`;
  if (job.state === 'waiting') return cut(`${head}  ${waiting(job)}`, layout.width);
  if (job.state === 'failed' || job.state === 'cancelled') return cut(`${head}  ${job.state}`, layout.width);
  let line = head;
  if (layout.timeLeft) line += ((text) => `  ${text}`.padEnd(timeLeftWidth))(timeText(job));
  if (layout.loss) line += (job.loss === null ? '' : `  loss ${lossFigure(job.loss)}`).padEnd(lossWidth);
  if (layout.curve > 0) line += `  ${sparkline(job.losses, layout.curve).padEnd(layout.curve)}`;
  if (layout.speed) {
    const speed = job.state === 'running' && job.imagesPerSecond > 0 ? Math.round(job.imagesPerSecond) : null;
    line += (speed === null ? '' : `${String(speed).padStart(7)} img/s`).padEnd(speedWidth);
  }
  if (layout.worker > 0) line += `  ${cut(job.worker ?? '', layout.worker)}`;
  return cut(line.trimEnd(), layout.width);
}

function waiting(job: JobView): string {
  if (job.held) return job.done > 0 ? 'kept' : 'paused';
  return `waiting for ${job.waitsFor}`;
}

function timeText(job: JobView): string {
  if (job.state === 'finished' && job.reused) return 'reused';
  if (job.state === 'finished') return job.seconds === null ? 'finished' : `in ${duration(job.seconds)}`;
  return job.secondsLeft === null ? '' : `left ${duration(job.secondsLeft)}`;
}

/** Why a job's last attempt failed, as a sentence; null where none has. */
export function troubleSentence({ name, trouble, state }: JobView): string | null {
  if (trouble === undefined) return null;
  return `${name}: an attempt failed${state === 'failed' ? '' : ' and is made again'}: ${trouble}`;
}

/** One job as a sentence, for logs: `net 0: epoch 12 of 40, loss 0.03124, on trainer-1, 1523 images/s, 0:42 left`. */
export function progressSentence(job: JobView): string {
  const done = `${job.done} of ${job.total} ${job.unit}s`;
  if (job.held) return `${job.name}: paused${job.done > 0 ? `, ${done} kept` : ''}`;
  if (job.state === 'waiting') return `${job.name}: ${waiting(job)}${job.done > 0 ? ` after ${done}` : ''}`;
  if (job.state === 'cancelled')
    return `${job.name}: cancelled${job.done > 0 ? ` after ${done}, which are kept` : ''}`;
  const parts: string[] = [];
  if (job.reused) parts.push('finished before, used again');
  else if (job.state === 'finished')
    parts.push(job.seconds === null ? 'finished' : `finished in ${duration(job.seconds)}`);
  else if (job.state === 'failed') parts.push('failed');
  else parts.push(job.total > 0 ? `${job.unit} ${job.done} of ${job.total}` : 'running');
  if (job.loss !== null) parts.push(`loss ${lossFigure(job.loss)}`);
  if (job.worker !== null) parts.push(`on ${job.worker}`);
  if (job.state === 'running') {
    if (job.imagesPerSecond > 0) parts.push(`${Math.round(job.imagesPerSecond)} images/s`);
    if (job.secondsLeft !== null) parts.push(`${duration(job.secondsLeft)} left`);
  }
  return `${job.name}: ${parts.join(', ')}`;
}
