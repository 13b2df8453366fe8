import {
  type AxisValues,
  describeAxes,
  type ExperimentProgress,
  type ExperimentRunState,
} from '@ddad/contract';
import type { TimeLeft } from '@ddad/runs';
import { duration, plural } from '../figures.ts';
import { type BlockLine, LiveBlock } from '../live-block.ts';
import { type Note, noteInBlock, plainNote } from '../note.ts';
import type { Screen, Style } from '../screen.ts';
import { timeLeftText } from '../time-left-text.ts';

/** An experiment as the terminal shows it. */
export interface ExperimentView {
  stage: ExperimentProgress['stage'];
  runs: {
    workflowId: string;
    axes: AxisValues;
    state: ExperimentRunState;
    /** What the run does; null where it does nothing, or has not said. */
    doing: string | null;
    /** How much of it is done, 0 to 1. */
    share: number;
  }[];
  /** How much of the whole is done, 0 to 1. */
  share: number;
  /** Until all runs have ended, at the pace seen so far; null while none was seen. */
  left: TimeLeft | null;
  /** Seconds since following began. */
  elapsed: number;
}

/** Shows how an experiment goes. */
export interface ExperimentDisplay {
  update(view: ExperimentView): void;
  note: Note;
  /** Leaves what is finished on the screen and stops drawing. */
  close(): void;
}

const stateStyle: Record<ExperimentRunState, Style | null> = {
  waiting: 'dim',
  running: null,
  finished: 'green',
  failed: 'red',
  cancelled: 'dim',
};

/** `about 1:02:10 left  41 %  1:12  2 of 6 runs finished, 3 going on, 1 waiting`; the time left is never cut. */
export function headline(view: ExperimentView, width = Number.POSITIVE_INFINITY): string {
  const { stage, runs, elapsed, share, left } = view;
  if (stage === 'planning') return `${duration(elapsed)}  planning`;
  const count = (state: ExperimentRunState) => runs.filter((run) => run.state === state).length;
  const parts = [`${count('finished')} of ${plural(runs.length, 'run')} finished`];
  if (count('running') > 0) parts.push(`${count('running')} going on`);
  for (const state of ['failed', 'cancelled', 'waiting'] as const) {
    if (count(state) > 0) parts.push(`${count(state)} ${state}`);
  }
  const text = `${percentDone(share)}  ${duration(elapsed)}  ${parts.join(', ')}`;
  if (stage === 'finished' || share >= 1) return text;
  const time = timeLeftText(left, width);
  return time === '' ? text : `${time}  ${text}`;
}

/** Full only when everything is done. */
const percentDone = (share: number) => `${Math.floor(share * 100 + 1e-9)} %`;

/** `ddad-x-01  seed = 1  41 % training, 2 of 6 members finished`. */
function sentence({ workflowId, axes, state, doing, share }: ExperimentView['runs'][number]): string {
  const now = doing === null ? state : `${percentDone(share)} ${doing}`;
  return [workflowId, describeAxes(axes), now].filter((part) => part !== '').join('  ');
}

/** A display for a terminal: a line per run that goes on, redrawn in place; runs that have ended move up and stay. */
function terminalDisplay(screen: Screen): ExperimentDisplay {
  const block = new LiveBlock(screen);
  const ended = new Set<string>();
  const noted = noteInBlock(() => draw());
  let last: ExperimentView | null = null;
  const draw = () => {
    if (last === null) return block.draw(noted.lines);
    const line = (run: ExperimentView['runs'][number]): BlockLine => ({
      text: sentence(run),
      style: stateStyle[run.state],
    });
    const over = last.runs.filter(
      ({ workflowId, state }) => state !== 'waiting' && state !== 'running' && !ended.has(workflowId),
    );
    for (const { workflowId } of over) ended.add(workflowId);
    const running = last.runs.filter(({ state }) => state === 'running');
    block.draw(
      [...running.map(line), { text: headline(last, screen.columns - 1), style: 'bold' }, ...noted.lines],
      over.map(line),
    );
  };
  return {
    update(view) {
      last = view;
      draw();
    },
    note: noted.note,
    close: () => block.clear(),
  };
}

/** A display for logs and pipes: a line on every change of what a run does. */
function plainDisplay(screen: Screen): ExperimentDisplay {
  const said = new Map<string, string>();
  return {
    update(view) {
      if (view.stage === 'planning') return;
      let changed = false;
      for (const run of view.runs) {
        const text = sentence(run);
        // Percent alone would be a line every other second.
        const told = `${run.state} ${run.doing}`;
        // A run that has not answered this once has not changed.
        if (run.state === 'running' && run.doing === null && said.has(run.workflowId)) continue;
        if (said.get(run.workflowId) === told || run.state === 'waiting') continue;
        said.set(run.workflowId, told);
        screen.write(`${text}\n`);
        changed = true;
      }
      if (changed) screen.write(`${headline(view)}\n`);
    },
    note: plainNote(screen),
    close() {},
  };
}

/** The display that fits a screen. */
export function experimentDisplay(screen: Screen): ExperimentDisplay {
  return screen.isTerminal ? terminalDisplay(screen) : plainDisplay(screen);
}
