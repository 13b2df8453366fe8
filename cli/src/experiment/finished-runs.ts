import type { AxisValues, ExperimentResult, RunResult } from '@ddad/contract';
import { MalformedResult } from '@ddad/runs';
import { ObjectNotFound, type ObjectStore } from '@ddad/storage';
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
  /** A run whose report cannot be had any more has failed in it: it says why. */
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
  const ends: ExperimentResult['runs'] = [];
  for (const [place, end] of experiment.runs.entries()) {
    const { axes, workflowId, runId, report } = end;
    const found = report === null || runId === null ? null : await resultOrFailure(store, runId);
    if (found !== null && 'result' in found) {
      runs.push({ number: place + 1, axes, workflowId, result: found.result });
    }
    ends.push(found !== null && 'failure' in found ? { ...end, report: null, failure: found.failure } : end);
  }
  const axes = Object.keys(experiment.runs[0]?.axes ?? {});
  return { experiment: { ...experiment, runs: ends }, axes, runs };
}

/** A report that was removed, or is damaged, takes no other run's with it. */
async function resultOrFailure(
  store: Pick<ObjectStore, 'get'>,
  runId: string,
): Promise<{ result: RunResult } | { failure: string }> {
  try {
    return { result: await storedResult(store, runId) };
  } catch (error) {
    if (error instanceof ObjectNotFound)
      return { failure: `finished, but its report is gone: ${error.message}` };
    if (error instanceof MalformedResult)
      return { failure: `finished, but its report is damaged: ${error.message}` };
    throw error;
  }
}
