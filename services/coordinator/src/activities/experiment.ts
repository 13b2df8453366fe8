import {
  type AxisValues,
  type ExperimentFile,
  experimentFaults,
  type ResolvedExperimentInput,
  type RunSettings,
} from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { type JudgeDeps, judgeRun } from './judge-run.ts';
import { invalidInput } from './plan.ts';

/** A run of an experiment as it is planned. */
export interface ExperimentRunPlan {
  axes: AxisValues;
  input: RunSettings;
}

/** All that an experiment will do. */
export interface ExperimentPlan {
  experiment: ResolvedExperimentInput;
  runs: ExperimentRunPlan[];
  /** Runs of an experiment of the same name before are given time to end; absent in plans from before, which did not wait. */
  waitsForFormer?: true;
}

/**
 * Validates every combination of an experiment against the schemas and the datasets, all of it at once.
 * @throws ApplicationFailure of type InvalidInput with every fault.
 */
export async function planExperiment(deps: JudgeDeps, raw: unknown): Promise<ExperimentPlan> {
  const read = deps.methods.readExperiment(raw);
  const judged = [];
  // One after the other: a dataset's index is read once for all.
  const wanted = { choice: read.experiment?.choose !== undefined };
  for (const { input } of read.combinations) judged.push(await judgeRun(deps, input, wanted));
  const faults = experimentFaults(read, judged);
  const { experiment } = read;
  if (faults.length > 0 || experiment === null) throw invalidInput(faults);
  const runs = judged.flatMap((run, place): ExperimentRunPlan[] => {
    const combination = read.combinations[place];
    return 'faults' in run || combination === undefined ? [] : [{ axes: combination.axes, input: run.input }];
  });
  return { experiment, runs, waitsForFormer: true };
}

/** Writes `experiment.json`. Writing it again gives the same, so that a retry does no harm. */
export async function publishExperiment(
  { store }: { store: ObjectStore },
  experiment: ExperimentFile,
): Promise<void> {
  await store.put(experiment.files.experiment, `${JSON.stringify(experiment, null, 2)}\n`);
}
