import type { ExperimentInput } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import {
  attendExperiment,
  type ExperimentDeps,
  type ExperimentDocument,
  type ExperimentOptions,
} from '../experiment/attend-experiment.ts';
import { assertDataset, nothingStarted, startUnlessInterrupted } from './run.ts';

/**
 * `ddad experiment`: starts an experiment, follows it to its end and writes its tables.
 * @throws CommandFailure before anything starts where a dataset is not there; with the exit code that the end gives; where runs
 * failed, once all else is written
 */
export async function startExperiment(
  deps: ExperimentDeps & { newRunName: () => string },
  input: ExperimentInput,
  options: ExperimentOptions,
): Promise<ExperimentDocument> {
  const { runs, interruption } = deps;
  interruption.means(nothingStarted);
  for (const dataset of datasetsOf(deps.methods, input)) {
    await assertDataset(deps.store(), dataset, 'experiment');
  }
  const id = `ddad-experiment-${deps.newRunName()}`;
  const handle = await startUnlessInterrupted(interruption, { id, what: 'experiment' }, () =>
    runs.startExperiment(id, input),
  );
  return attendExperiment(deps, handle, options);
}

/** Of all combinations; an axis may name several. */
function datasetsOf(methods: MethodRegistry, input: ExperimentInput): Set<string> {
  const parsed = methods.parseExperiment(input);
  return new Set('runs' in parsed ? parsed.runs.map((run) => run.input.dataset) : []);
}
