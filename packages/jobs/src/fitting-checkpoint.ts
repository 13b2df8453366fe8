import type { TrainingState } from './checkpoint-file.ts';

/** How long a training is. */
interface TrainingLength {
  epochs: number;
  stepsPerEpoch: number;
  /** Steps of the last epoch, where it is shorter than the others. */
  lastEpoch?: number | undefined;
}

/** Steps of all epochs. */
export const stepsOfAll = ({ epochs, stepsPerEpoch, lastEpoch = stepsPerEpoch }: TrainingLength): number =>
  (epochs - 1) * stepsPerEpoch + lastEpoch;

/** What a training expects of the state that it goes on from. */
export interface ExpectedState extends TrainingLength {
  /** Every tensor of the step, by name. */
  tensors: ReadonlyMap<string, { shape: readonly number[] }>;
  /** Of the phases; one that has no name is the only one. */
  phases: readonly string[];
}

const listed = 5;

/**
 * What keeps a training from going on from a state: other tensors or shapes than its own, or a place that its loop cannot
 * have been at.
 * @returns what was expected and what came; null where the state fits
 */
export function checkpointFault(state: TrainingState, expected: ExpectedState): string | null {
  const faults: string[] = [];
  const text = (tensor: { shape: readonly number[] } | undefined) =>
    tensor === undefined ? 'none' : `shape [${tensor.shape.join(', ')}]`;
  for (const name of new Set([...expected.tensors.keys(), ...state.tensors.keys()])) {
    const [wanted, came] = [text(expected.tensors.get(name)), text(state.tensors.get(name))];
    if (wanted !== came) faults.push(`${name}: expected ${wanted}, got ${came}`);
  }
  const { steps, history } = state;
  const { epochs, stepsPerEpoch } = expected;
  const total = stepsOfAll(expected);
  if (steps > total) faults.push(`expected at most ${total} steps, got ${steps}`);
  const finished = steps >= total ? epochs : Math.floor(steps / stepsPerEpoch);
  if (history.length !== finished) {
    faults.push(`expected losses of ${finished} epochs after ${steps} steps, got ${history.length}`);
  }
  faults.push(...phaseFaults(state, expected, finished));
  if (faults.length === 0) return null;
  const more = faults.length > listed ? `; and ${faults.length - listed} more` : '';
  return `checkpoint: ${faults.slice(0, listed).join('; ')}${more}`;
}

function phaseFaults({ steps, phases }: TrainingState, expected: ExpectedState, finished: number): string[] {
  const stepsOf = phases?.stepsOf ?? { '': steps };
  const names = (of: readonly string[]) => `phases ${of.map((name) => JSON.stringify(name)).join(', ')}`;
  const [wanted, came] = [names([...expected.phases].sort()), names(Object.keys(stepsOf).sort())];
  if (wanted !== came) return [`expected ${wanted}, got ${came}`];
  const faults: string[] = [];
  const sum = Object.values(stepsOf).reduce((a, b) => a + b, 0);
  if (sum !== steps) faults.push(`expected ${steps} steps of all phases together, got ${sum}`);
  if (phases !== undefined && phases.figures.length !== finished)
    faults.push(`expected figures of ${finished} epochs, got ${phases.figures.length}`);
  return faults;
}
