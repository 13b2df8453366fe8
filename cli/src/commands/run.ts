import { join } from 'node:path';
import type { RunResult, RunSettings } from '@ddad/contract';
import { listDatasets, type ObjectStore, readDatasetRecord } from '@ddad/storage';
import { attendRun, goesOn, type RunDeps, type RunOptions } from '../attend-run.ts';
import { badInput } from '../failure.ts';
import type { Interruption } from '../interruption.ts';
import type { RunHandle } from '../temporal-runs.ts';

/** What it takes to start a run. */
export interface StartDeps extends RunDeps {
  /** Part of a run's name after its dataset's; a new one each time. */
  newRunName: () => string;
}

/**
 * `ddad run`: starts a run, follows it to its end and prints its scores.
 * @throws CommandFailure before anything starts where there is no such dataset; else with the exit code that the end gives
 */
export async function startRun(deps: StartDeps, input: RunSettings, options: RunOptions): Promise<RunResult> {
  return attendRun(deps, await start(deps, input), options);
}

/**
 * `ddad run --detach`: starts a run, prints its name alone, and leaves it to the cluster.
 * @throws CommandFailure before anything starts where there is no such dataset
 */
export async function startDetached(
  deps: StartDeps,
  input: RunSettings,
): Promise<{ workflowId: string; runId: string }> {
  const handle = await start(deps, input);
  const { out, err } = deps.screens;
  const { id, executionId } = handle;
  out.write(`${id}\n`);
  for (const address of [deps.page(handle), deps.progressPage(handle)])
    if (address !== null) err.write(`${address}\n`);
  err.write(`it goes on in the cluster: "npx ddad watch ${id}" follows it\n`);
  return { workflowId: id, runId: executionId };
}

async function start(deps: StartDeps, input: RunSettings): Promise<RunHandle> {
  const { store, runs, newRunName, interruption } = deps;
  interruption.means(nothingStarted);
  await assertDataset(store(), input.dataset);
  const id = `ddad-${input.dataset}-${newRunName()}`;
  return startUnlessInterrupted(interruption, { id, what: 'run' }, () => runs.start(id, input));
}

/** What a command ends with that is interrupted before it starts anything. */
export const nothingStarted = 'interrupted: nothing was started';

/**
 * Starts a run or an experiment.
 * @throws CommandFailure where the command was interrupted: before, and nothing is started; meanwhile, and it goes on
 */
export async function startUnlessInterrupted(
  interruption: Interruption,
  { id, what }: { id: string; what: 'run' | 'experiment' },
  start: () => Promise<RunHandle>,
): Promise<RunHandle> {
  interruption.check();
  // The server may have it before it has said so.
  interruption.means(`interrupted: the ${what} may have been started; "npx ddad describe ${id}" tells`);
  const handle = await start();
  interruption.means(goesOn(handle, what));
  interruption.check();
  return handle;
}

/** @throws CommandFailure that names the datasets that there are */
export async function assertDataset(store: ObjectStore, name: string, what = 'run'): Promise<void> {
  if ((await readDatasetRecord(store, name)) !== null) return;
  const names = (await listDatasets(store)).map((dataset) => dataset.name);
  const some =
    names.length === 0
      ? 'there is none yet: "ddad dataset add" adds one'
      : `expected one of ${names.join(', ')}`;
  throw badInput(`the ${what} was not started: its input is at fault`, [
    { path: 'dataset', message: `${some}, got ${JSON.stringify(name)}` },
  ]);
}

/** Where `demo` keeps the reports of its runs. */
export function reportDirectory(home: string, runId: string): string {
  return join(home, 'reports', runId);
}
