import type { RunSnapshot } from '@ddad/runs';
import { duration, figure } from '../figures.ts';

type Job = RunSnapshot['view']['members'][number];

/** What a job's row of the table says, by cell. Used where the page is made and where it is renewed. */
export interface JobCells {
  count: string;
  loss: string;
  speed: string;
  time: string;
  worker: string;
  state: string;
}

/** Share of a job that is done, 0 to 1. */
export function shareDone({ state, done, total }: Job): number {
  return state === 'finished' ? 1 : total > 0 ? done / total : 0;
}

export function jobCells(job: Job): JobCells {
  const { state, done, total, loss, imagesPerSecond, secondsLeft, seconds, worker, reused, waitsFor } = job;
  const running = state === 'running';
  const waiting = waitsFor === null ? 'starting' : `waiting for ${waitsFor}`;
  return {
    count: total > 1 ? `${done} / ${total}` : '',
    loss: loss === null ? '' : figure(loss, 4),
    speed: running && imagesPerSecond > 0 ? String(Math.round(imagesPerSecond)) : '',
    time: running
      ? secondsLeft === null
        ? ''
        : `${duration(secondsLeft)} left`
      : seconds === null
        ? ''
        : duration(seconds),
    worker: worker ?? '',
    state: reused ? 'finished before' : state === 'waiting' ? waiting : running ? 'training' : state,
  };
}

/** The stages of a run in order, and what the page calls them. */
export const stageNames = {
  planning: 'Planning',
  training: 'Training',
  maps: 'Maps',
  refining: 'Refining',
  report: 'Report',
} as const;

/** Where a stage stands when the run is in another, or has ended. */
export function stageState(
  name: keyof typeof stageNames,
  { view, run }: RunSnapshot,
): 'done' | 'current' | 'open' {
  const order = Object.keys(stageNames);
  const place = view.within === 'finished' ? order.length : order.indexOf(view.within);
  const own = order.indexOf(name);
  if (own < place) return 'done';
  return own === place && run.status === 'running' ? 'current' : 'open';
}

/** The tiles' figures. */
export function runFigures({ run, view }: RunSnapshot) {
  const count = (state: Job['state']) => view.members.filter((member) => member.state === state).length;
  const others = [
    [count('running'), 'in training'],
    [count('waiting'), 'waiting'],
    [count('failed'), 'failed'],
  ] as const;
  return {
    status: run.status === 'running' ? (view.stage === 'paused' ? 'paused' : 'running') : run.status,
    members: `${count('finished')} of ${view.members.length}`,
    detail: others.flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`])).join(', '),
    speed: view.imagesPerSecond > 0 ? Math.round(view.imagesPerSecond).toLocaleString('en') : '–',
    left: view.secondsLeft === null ? '–' : duration(view.secondsLeft),
  };
}
