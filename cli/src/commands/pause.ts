import { setTimeout as delay } from 'node:timers/promises';
import type { RunProgress } from '@ddad/contract';
import { CommandFailure, notNow } from '../failure.ts';
import type { Screens } from '../screen.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';
import { runningRun } from './running-run.ts';

export interface PauseDeps {
  runs: TemporalRuns;
  screens: Screens;
}

/** What `--json` says of a run that was paused or resumed. */
export interface SteeredRun {
  workflowId: string;
  runId: string;
  /** Title of its stage now. */
  stage: string;
}

function steered({ id, executionId }: RunEntry, { stage }: RunProgress): SteeredRun {
  return { workflowId: id, runId: executionId, stage };
}

export interface PauseOptions {
  run: string;
  /** Seconds to wait at most. */
  limit: number;
  /** Milliseconds between questions. */
  interval?: number;
}

/**
 * `ddad pause`: has a run stop after checkpoints and waits until it holds no trainer any more.
 * @throws CommandFailure where there is no such run, it has ended, or it has not stopped in time
 */
export async function pauseRun({ runs, screens }: PauseDeps, options: PauseOptions): Promise<SteeredRun> {
  const entry = await runningRun(runs, options.run, 'paused');
  await runs.pause(entry);
  screens.err.write(`pausing ${entry.id}, waiting until its trainers are idle ...\n`);
  const progress = await until(runs, entry, options, ({ stage }) => stage === 'paused', 'paused');
  screens.out.write(
    `${entry.id} is paused; its checkpoints are kept, it goes on with: npx ddad resume ${entry.id}\n`,
  );
  return steered(entry, progress);
}

/**
 * `ddad resume`: has a paused run go on from its checkpoints.
 * @throws CommandFailure where there is no such run, or it has ended
 */
export async function resumeRun({ runs, screens }: PauseDeps, options: PauseOptions): Promise<SteeredRun> {
  const entry = await runningRun(runs, options.run, 'resumed');
  await runs.resume(entry);
  const progress = await until(runs, entry, options, ({ stage }) => stage !== 'paused', 'resumed');
  screens.out.write(`${entry.id} goes on\n`);
  return steered(entry, progress);
}

async function until(
  runs: TemporalRuns,
  entry: RunEntry,
  { limit, interval }: PauseOptions,
  wanted: (progress: RunProgress) => boolean,
  done: string,
): Promise<RunProgress> {
  const deadline = performance.now() + limit * 1000;
  for (;;) {
    const progress = await runs.progress(entry);
    if (wanted(progress)) return progress;
    const status = await runs.status(entry);
    if (status !== 'running') throw notNow(`${entry.id} was not ${done}: it is ${status}`);
    if (performance.now() > deadline) {
      throw new CommandFailure(`${entry.id} is not ${done} after ${limit} s; that it shall be is requested`);
    }
    await delay(interval ?? 500);
  }
}
