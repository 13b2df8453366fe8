import type { ExperimentInput, ExperimentResult } from '@ddad/contract';
import {
  attendExperiment,
  type ExperimentDeps,
  type ExperimentOptions,
} from '../experiment/attend-experiment.ts';

/**
 * `ddad experiment`: starts an experiment, follows it to its end and writes its tables.
 * @throws CommandFailure with the exit code that the end gives; where runs failed, once all else is written
 */
export async function startExperiment(
  deps: ExperimentDeps & { newRunName: () => string },
  input: ExperimentInput,
  options: ExperimentOptions,
): Promise<ExperimentResult> {
  const handle = await deps.runs.startExperiment(`ddad-experiment-${deps.newRunName()}`, input);
  return attendExperiment(deps, handle, options);
}
