import { join } from 'node:path';
import { readCheckpointFile, type TrainingState, writeCheckpointFile } from './checkpoint-file.ts';
import { type ChildContext, ChildFault } from './child.ts';
import { assertNoCollapse, type Collapse } from './collapse.ts';
import { type EpochFigures, EpochSums, type StepFigures } from './epoch-figures.ts';
import { assertFiniteState } from './finite-state.ts';
import { checkpointFault, stepsOfAll } from './fitting-checkpoint.ts';
import type { Turns } from './phase-turns.ts';

type Tensors = TrainingState['tensors'];

/** A training step of several phases with its state, as the compute package makes them. */
export interface ResumablePhases<Name extends string> {
  /** Steps done, of all phases together, and of each. */
  readonly steps: number;
  readonly stepsOf: Readonly<Record<Name, number>>;
  /** How many steps of one phase a call may do. */
  readonly stepsACall: number;
  /** A step for each batch, in order; @returns the figures of each from before its update. */
  runSeveral(phase: Name, batches: readonly Record<string, Float32Array>[]): StepFigures[];
  readState(): { steps: number; stepsOf: Record<string, number>; tensors: Tensors };
  writeState(state: { steps: number; stepsOf: Record<string, number>; tensors: Tensors }): void;
}

/** Whether a training goes on. */
type Going = 'go on' | 'stop';

/** Where a step stands in its training. */
export interface StepPlace<Name extends string> {
  phase: Name;
  /** Its number among the steps of its phase, from 0. */
  number: number;
  epoch: number;
  /** Its number among the steps of its epoch, from 0. */
  stepOfEpoch: number;
  /** 0 … stepsACall-1, in its call: inputs of one call must not share memory. */
  place: number;
}

export interface PhasedTraining<Name extends string> {
  step: ResumablePhases<Name>;
  turns: Turns<Name>;
  epochs: number;
  /** Steps of an epoch, of all phases together. An epoch is what figures are means over; it need not be one of the images. */
  stepsPerEpoch: number;
  /** Steps of the last epoch, where it is shorter than the others. */
  lastEpoch?: number;
  /** Of a step, for the images a second that progress tells. */
  batchSize: number;
  /** The step's inputs: a function of seed and place alone. */
  inputs(place: StepPlace<Name>): Record<string, Float32Array>;
  /**
   * Called before the first step of each epoch, with the figures of those before it: to set what is renewed between epochs, as a
   * centre, or a discriminator that has collapsed. It has to be a function of these figures and of the step's state. No checkpoint lies
   * between it and the epoch's first step: where it takes longer than a step it asks whether to go on by itself, and tells `stop` with
   * the step's state as it was; it is called anew then when the training is resumed.
   */
  beforeEpoch?(epoch: number, figures: readonly EpochFigures[]): Going | Promise<Going>;
  /** Signs of a network that has collapsed, looked for at the end of each epoch; default none. */
  collapses?: readonly Collapse[];
  /** The phase whose mean loss is an epoch's; default, and where it has no step in an epoch: that of the epoch's first step. */
  leads?: Name;
  /** Scratch directory for checkpoints. */
  directory: string;
  /** The checkpoint to go on from. */
  checkpoint: string | null;
  context: ChildContext;
}

/** What a finished training tells beside the step's state; null when it was told to stop. */
export type PhasedOutcome = {
  /** Mean loss of the leading phase in the last epoch, and in each. */
  loss: number;
  history: number[];
  /** Means of all figures, of each epoch. */
  figures: EpochFigures[];
  seconds: number;
} | null;

/** Where a training begins: at its checkpoint, or at nothing. */
async function begin<Name extends string>({
  step,
  checkpoint,
  epochs,
  stepsPerEpoch,
  lastEpoch,
}: PhasedTraining<Name>) {
  if (checkpoint === null) {
    return { sums: new EpochSums(), history: [] as number[], figures: [] as EpochFigures[], seconds: 0 };
  }
  const state = await readCheckpointFile(checkpoint);
  const own = step.readState();
  const expected = {
    tensors: own.tensors,
    phases: Object.keys(own.stepsOf),
    epochs,
    stepsPerEpoch,
    lastEpoch,
  };
  const fault = checkpointFault(state, expected);
  if (fault !== null) throw new ChildFault('checkpoint', fault);
  const { steps, tensors, lossSum, history, seconds, phases } = state;
  step.writeState({ steps, stepsOf: phases?.stepsOf ?? { '': steps }, tensors });
  const sums = phases?.sums ?? { '': [lossSum, steps % stepsPerEpoch] };
  const figures = phases?.figures ?? history.map((loss): EpochFigures => ({ '': loss }));
  return { sums: new EpochSums(sums), history, figures, seconds };
}

/**
 * Trains to the end, in epochs, from a checkpoint where there is one. All that happens in a step depends on its number
 * only, so that a resumed training is the undisturbed one, bit by bit, in the middle of whichever phase; and so is one with other
 * numbers of steps a call. A call does up to `stepsACall` steps of one phase, and none goes beyond the epoch; checkpoints lie between
 * calls. What was trained is finite where this returns.
 * @throws ChildFault `diverged` on a loss, a watched scalar or a final tensor that is not finite, and on a collapse; `checkpoint` where
 * the checkpoint is not one of this training
 */
export async function runPhases<Name extends string>(loop: PhasedTraining<Name>): Promise<PhasedOutcome> {
  const { step, turns, epochs, stepsPerEpoch, context } = loop;
  const { sums, history, figures, seconds: earlier } = await begin(loop);
  const started = performance.now();
  const seconds = () => earlier + (performance.now() - started) / 1000;
  let saved = -1;
  const save = async () => {
    const { steps, stepsOf, tensors } = step.readState();
    // Two may be of one step, at an epoch's end and before the next one, while the first is still being stored.
    const name = steps === saved ? `checkpoint-${steps}-again` : `checkpoint-${steps}`;
    saved = steps;
    const path = join(loop.directory, `${name}.safetensors`);
    const phases = { stepsOf, sums: sums.toJSON(), figures };
    await writeCheckpointFile(path, { steps, tensors, history, seconds: seconds(), ...onDisk(phases) });
    context.checkpoint(steps, path);
  };

  context.ready();
  const compiled = new Set<string>();
  const total = stepsOfAll(loop);
  while (step.steps < total) {
    const epoch = Math.floor(step.steps / stepsPerEpoch);
    const begun = step.steps;
    const first = epoch * stepsPerEpoch;
    const end = Math.min(first + stepsPerEpoch, total);
    if (begun === first && (await loop.beforeEpoch?.(epoch, figures)) === 'stop') {
      await save();
      return null;
    }
    const epochStarted = performance.now();
    while (step.steps < end) {
      const before = step.steps;
      const phase = turns(before);
      let count = 1;
      while (count < step.stepsACall && before + count < end && turns(before + count) === phase) count++;
      // TensorFlow compiles anew for a phase, and for a number of steps, that no call had.
      const form = `${count} ${phase}`;
      if (compiled.size > 0 && !compiled.has(form)) context.ready();
      compiled.add(form);
      const ofPhase = step.stepsOf[phase];
      const results = step.runSeveral(
        phase,
        Array.from({ length: count }, (_, place) =>
          loop.inputs({
            phase,
            number: ofPhase + place,
            epoch,
            stepOfEpoch: before + place - first,
            place,
          }),
        ),
      );
      results.forEach((result, i) => {
        sums.add(phase, result, `step ${before + i + 1} (epoch ${epoch + 1} of ${epochs})`);
      });
      if (step.steps === end) {
        const means = sums.end();
        const leader = loop.leads !== undefined && loop.leads in means ? loop.leads : turns(first);
        const loss = means[leader] ?? Number.NaN;
        figures.push(means);
        history.push(loss);
        const epochSeconds = (performance.now() - epochStarted) / 1000;
        const imagesPerSecond = ((end - begun) * loop.batchSize) / epochSeconds;
        context.progress({ done: epoch + 1, total: epochs, loss, imagesPerSecond });
        assertNoCollapse(figures, loop.collapses ?? []);
      }
      const next = await context.afterStep();
      if (next !== 'go on') await save();
      if (next === 'stop') return null;
    }
  }
  const { steps, tensors } = step.readState();
  assertFiniteState(tensors, steps);
  return { loss: history[epochs - 1] ?? Number.NaN, history, figures, seconds: seconds() };
}

/** A training whose only phase has no name keeps the sum of its losses alone; all else follows from it. */
function onDisk(phases: NonNullable<TrainingState['phases']>): Pick<TrainingState, 'lossSum' | 'phases'> {
  const [only, ...others] = Object.keys(phases.stepsOf);
  if (only === '' && others.length === 0) return { lossSum: phases.sums['']?.[0] ?? 0 };
  return { lossSum: 0, phases };
}
