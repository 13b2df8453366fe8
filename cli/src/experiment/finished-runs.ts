import type { AxisValues, ExperimentResult, RunResult } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { storedResult } from '../stored-results.ts';

/** A run of an experiment that finished, with its result. */
export interface FinishedRun {
  /** From 1, in the order of the combinations. */
  number: number;
  axes: AxisValues;
  workflowId: string;
  result: RunResult;
}

/** An experiment's finished runs, and how to speak of it. */
export interface ExperimentOutcome {
  experiment: ExperimentResult;
  /** Names of the axes, in order. */
  axes: string[];
  runs: FinishedRun[];
}

/** Reads the results of an experiment's runs out of the store. */
export async function readOutcome(
  store: Pick<ObjectStore, 'get'>,
  experiment: ExperimentResult,
): Promise<ExperimentOutcome> {
  const runs: FinishedRun[] = [];
  for (const [place, { axes, workflowId, runId, report }] of experiment.runs.entries()) {
    if (report === null || runId === null) continue;
    runs.push({ number: place + 1, axes, workflowId, result: await storedResult(store, runId) });
  }
  return { experiment, axes: Object.keys(experiment.runs[0]?.axes ?? {}), runs };
}
