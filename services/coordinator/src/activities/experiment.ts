import {
  type AxisValues,
  type ExperimentFile,
  experimentFaults,
  type ResolvedExperimentInput,
  type ResolvedRunInput,
  readExperiment,
} from '@ddad/contract';
import { manifestKey, type ObjectStore } from '@ddad/storage';
import { basisOfJudged, invalidInput, judgeRun, type PlanDeps, wantedMembers } from './plan.ts';
import { memberSpec, planScoring } from './planned-artifacts.ts';

/** A run of an experiment as it is planned. */
export interface ExperimentRunPlan {
  axes: AxisValues;
  input: ResolvedRunInput;
}

/** All that an experiment will do. */
export interface ExperimentPlan {
  experiment: ResolvedExperimentInput;
  runs: ExperimentRunPlan[];
  /** Keys of the refiners that were published before the experiment wanted them. */
  finishedRefiners: string[];
}

/**
 * Validates every combination of an experiment against the schema and the datasets, all of it at once.
 * @throws ApplicationFailure of type InvalidInput with every fault.
 */
export async function planExperiment(
  deps: Pick<PlanDeps, 'catalog' | 'store' | 'presentTrainers' | 'now'>,
  raw: unknown,
): Promise<ExperimentPlan> {
  const read = readExperiment(raw);
  const judged = [];
  // One after the other: a dataset's index and pixels are read once for all.
  for (const { input } of read.combinations) judged.push(await judgeRun(deps, input));
  const faults = experimentFaults(read, judged);
  const { experiment } = read;
  if (faults.length > 0 || experiment === null) throw invalidInput(faults);
  const refiners = new Set<string>();
  const runs: ExperimentRunPlan[] = [];
  for (const [place, run] of judged.entries()) {
    if ('faults' in run) continue;
    runs.push({ axes: read.combinations[place]!.axes, input: run.input });
    const basis = await basisOfJudged(deps.catalog, run);
    const keys = { ndm: [] as string[], udm: [] as string[] };
    for (const wanted of wantedMembers(basis)) keys[wanted.role].push(memberSpec(basis, wanted).key);
    for (const { key } of planScoring(basis, keys).refiners) refiners.add(key);
  }
  const finishedRefiners: string[] = [];
  for (const key of refiners) {
    if (await deps.store.exists(manifestKey('refiners', key))) finishedRefiners.push(key);
  }
  return { experiment, runs, finishedRefiners };
}

/** Writes `experiment.json`. Writing it again gives the same, so that a retry does no harm. */
export async function publishExperiment(
  { store }: { store: ObjectStore },
  experiment: ExperimentFile,
): Promise<void> {
  await store.put(experiment.files.experiment, `${JSON.stringify(experiment, null, 2)}\n`);
}
