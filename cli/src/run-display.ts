import { pausedStage, reportStage } from '@ddad/contract';
import type { JobView, RunView } from '@ddad/runs';
import { duration, plural } from './figures.ts';
import { type BlockLine, LiveBlock } from './live-block.ts';
import { type Note, noteInBlock, plainNote } from './note.ts';
import { layoutLines, progressLine, progressSentence, troubleSentence } from './progress-line.ts';
import type { Screen, Style } from './screen.ts';
import { stageBar } from './stage-bar.ts';
import { runLeftText } from './time-left-text.ts';

/** Shows how a run goes. */
export interface RunDisplay {
  update(view: RunView): void;
  note: Note;
  /** Something that stays on the screen. */
  say(text: string): void;
  /** Leaves what is finished, failed, or was cancelled on the screen and stops drawing. */
  close(): void;
}

/** What a stage that every run has does, in words; others are called by their titles. */
const stageText: Partial<Record<string, string>> = { [reportStage.title]: 'writing the report' };

/**
 * The line about the whole, which begins with the time left of all stages:
 * `about 4:10 left  1:12  training: 2 of 6 members finished, 2 training, 2 waiting for a trainer`.
 * @param width of the terminal in columns: the time left is as short as it has to be
 */
export function stageLine(view: RunView, width = Number.POSITIVE_INFINITY): string {
  const text = `${duration(view.elapsed)}  ${doingText(view)}`;
  const left = runLeftText(view, width);
  return left === '' ? text : `${left}  ${text}`;
}

/** `paused in training: 24 of 80 epochs kept, holds no trainer; ...`. */
function pausedText({ within, jobs }: RunView): string {
  const ofStage = jobs.filter(({ stage, unit }) => stage === within && unit === 'epoch');
  const sum = (figure: 'done' | 'total') => ofStage.reduce((whole, job) => whole + job[figure], 0);
  const kept = ofStage.length === 0 ? '' : `${sum('done')} of ${plural(sum('total'), 'epoch')} kept, `;
  return `paused in ${within}: ${kept}holds no trainer; "npx ddad resume" has it go on`;
}

function doingText(view: RunView): string {
  if (view.stage === pausedStage) return pausedText(view);
  const text = stageText[view.stage] ?? view.stage;
  const jobs = view.jobs.filter(({ stage }) => stage === view.stage);
  if (jobs.length === 0) return text;
  const members = jobs.every(({ member }) => member !== undefined);
  const count = (state: JobView['state']) => jobs.filter((job) => job.state === state).length;
  const parts = [
    members
      ? `${count('finished')} of ${plural(jobs.length, 'member')} finished`
      : `${count('finished')} of ${jobs.length} finished`,
  ];
  if (count('running') > 0) parts.push(`${count('running')} ${members ? 'training' : 'at work'}`);
  for (const state of ['failed', 'cancelled'] as const)
    if (count(state) > 0) parts.push(`${count(state)} ${state}`);
  for (const what of new Set(jobs.map(({ waitsFor }) => waitsFor))) {
    const waiting = jobs.filter(({ state, waitsFor }) => state === 'waiting' && waitsFor === what);
    if (waiting.length > 0) parts.push(`${waiting.length} waiting for ${what}`);
  }
  if (view.imagesPerSecond > 0) parts.push(`${Math.round(view.imagesPerSecond)} images/s`);
  return `${text}: ${parts.join(', ')}`;
}

const stateStyle: Record<JobView['state'], Style | null> = {
  waiting: 'dim',
  running: null,
  finished: 'green',
  failed: 'red',
  cancelled: 'dim',
};

/** What is shown first where there is no room for all: what moves, what failed, what has moved before, the rest. */
const ranks = [0, 1, 2, 3];
function rankOf({ state, done }: JobView): number {
  return state === 'running' ? 0 : state === 'failed' ? 1 : done > 0 ? 2 : 3;
}

/** Jobs for which there is no room, counted by state. */
function countLine(jobs: readonly JobView[]): string {
  const count = (state: JobView['state']) => jobs.filter((job) => job.state === state).length;
  const parts = (['running', 'failed', 'cancelled', 'waiting'] as const)
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${state}`);
  return `... and ${jobs.length} more: ${parts.join(', ')}`;
}

/** What is said of attempts that failed, each once. */
function newTroubles(): (view: RunView) => string[] {
  const told = new Map<string, string>();
  return ({ jobs }) =>
    jobs.flatMap((job) => {
      const sentence = troubleSentence(job);
      if (sentence === null || told.get(job.id) === job.trouble) return [];
      told.set(job.id, job.trouble ?? '');
      return [sentence];
    });
}

/** A text in lines of a terminal, which cuts longer ones: broken between words where there is a space. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const space = rest.length <= width ? rest.length : rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return lines;
}

/**
 * A display for a terminal: one line per job, redrawn in place and at once when the terminal is resized; finished jobs
 * move up and stay.
 */
export function terminalDisplay(screen: Screen): RunDisplay {
  const block = new LiveBlock(screen);
  const done = new Set<string>();
  const noted = noteInBlock(() => draw());
  const troubles = newTroubles();
  let last: RunView | null = null;
  const saidLines = (text: string) =>
    wrapped(text, Math.max(1, screen.columns - 1)).map(
      (line): BlockLine => ({ text: line, style: 'yellow' }),
    );

  const draw = (said: BlockLine[] = []) => {
    if (last === null) return block.draw(noted.lines, said);
    const { jobs } = last;
    const layout = layoutLines(jobs, screen.columns);
    const asLine = (job: JobView): BlockLine => ({
      text: progressLine(job, layout),
      style: stateStyle[job.state],
    });
    const finished = jobs.filter((job) => job.state === 'finished' && !done.has(job.id));
    for (const job of finished) done.add(job.id);
    const open = jobs.filter((job) => !done.has(job.id));
    // Stage bar and line, note, and the line that counts what found no room.
    const room = Math.max(1, screen.rows - 5);
    const ranked = ranks.flatMap((rank) => open.filter((job) => rankOf(job) === rank));
    const lines = ranked.slice(0, room).map(asLine);
    if (ranked.length > room) lines.push({ text: countLine(ranked.slice(room)), style: 'dim' });
    lines.push({ text: stageBar(last, screen.columns - 1) });
    lines.push({ text: stageLine(last, screen.columns - 1), style: 'bold' }, ...noted.lines);
    block.draw(lines, [...said, ...finished.map(asLine)]);
  };

  const endResize = screen.onResize(() => draw());
  return {
    update(view) {
      last = view;
      draw(troubles(view).flatMap(saidLines));
    },
    note: noted.note,
    say: (text) => draw(saidLines(text)),
    close() {
      endResize();
      const jobs = last?.jobs ?? [];
      const layout = layoutLines(jobs, screen.columns);
      // Of those that were cancelled, what is kept.
      const broken = jobs.filter(
        ({ state, done }) => state === 'failed' || (state === 'cancelled' && done > 0),
      );
      block.draw(
        [],
        broken.map((job) => ({ text: progressLine(job, layout), style: stateStyle[job.state] })),
      );
    },
  };
}

/**
 * A display for logs and pipes: a line on every change of a job's state or the stage, and else at most one per job
 * in `interval` seconds.
 */
export function plainDisplay(screen: Screen, now: () => number, interval = 10): RunDisplay {
  const said = new Map<
    string,
    { state: JobView['state']; worker: string | null; done: number; at: number }
  >();
  const troubles = newTroubles();
  let stage: RunView['stage'] | null = null;
  return {
    update(view) {
      if (view.stage !== stage) {
        stage = view.stage;
        screen.write(`${stageLine(view)}\n`);
      }
      for (const said of troubles(view)) screen.write(`${said}\n`);
      for (const job of view.jobs) {
        const { state, worker, done } = job;
        const before = said.get(job.id);
        const at = now();
        const changed = before === undefined || before.state !== state || before.worker !== worker;
        const due = before !== undefined && done !== before.done && at - before.at >= interval * 1000;
        if (!changed && !due) continue;
        said.set(job.id, { state, worker, done, at });
        screen.write(`${progressSentence(job)}\n`);
      }
    },
    note: plainNote(screen),
    say: (text) => screen.write(`${text}\n`),
    close() {},
  };
}

/** The display that fits a screen. */
export function displayFor(screen: Screen, now: () => number): RunDisplay {
  return screen.isTerminal ? terminalDisplay(screen) : plainDisplay(screen, now);
}
