import { batchesOf } from './batches.ts';
import type { TrainingState } from './checkpoint-file.ts';
import { type ChildContext, ChildFault } from './child.ts';
import { type ResumablePhases, runPhases } from './phased-training.ts';

/** A training step with its state, as the compute package makes them. */
export interface ResumableStep {
  readonly steps: number;
  /** How many steps a call may do. */
  readonly stepsACall: number;
  /** A step for each batch, in order; @returns the loss before each. */
  runSeveral(batches: readonly Record<string, Float32Array>[]): number[];
  readState(): { steps: number; tensors: TrainingState['tensors'] };
  writeState(state: { steps: number; tensors: TrainingState['tensors'] }): void;
}

export interface TrainingLoop {
  step: ResumableStep;
  epochs: number;
  /** Images there are; the last incomplete batch of an epoch is dropped. */
  images: number;
  batchSize: number;
  /** Order of the images in an epoch: a function of the epoch alone. */
  order(epoch: number): Uint32Array;
  /**
   * The step's inputs for the images `order[start] … order[start + batchSize - 1]`.
   * @param place 0 … stepsACall-1, of the step in its call: inputs of one call must not share memory
   */
  inputs(epoch: number, order: Uint32Array, start: number, place: number): Record<string, Float32Array>;
  /** Scratch directory for checkpoints. */
  directory: string;
  /** The checkpoint to go on from. */
  checkpoint: string | null;
  context: ChildContext;
}

/** What a finished training tells beside the step's state; null when it was told to stop. */
export type TrainingOutcome = { loss: number; history: number[]; seconds: number } | null;

/** The step as one of several phases, of which there is one, without a name. */
function asPhases(step: ResumableStep): ResumablePhases<''> {
  return {
    get steps() {
      return step.steps;
    },
    get stepsOf() {
      return { '': step.steps };
    },
    stepsACall: step.stepsACall,
    runSeveral: (_phase, batches) => step.runSeveral(batches).map((loss) => ({ loss, watched: {} })),
    readState() {
      const state = step.readState();
      return { ...state, stepsOf: { '': state.steps } };
    },
    writeState: ({ steps, tensors }) => step.writeState({ steps, tensors }),
  };
}

/**
 * Trains to the end, in epochs of all images, from a checkpoint where there is one: `runPhases` of one phase. All that happens in a
 * step depends on its number only, so that a resumed training is the undisturbed one, bit by bit, and so is one with other numbers of
 * steps a call. A call does `stepsACall` steps, or what is left of the epoch; checkpoints lie between calls.
 * @throws ChildFault `diverged` on a loss, or a tensor of the last state, that is not finite; `checkpoint` where the checkpoint is not
 * one of this training
 */
export async function runTraining(loop: TrainingLoop): Promise<TrainingOutcome> {
  const { step, epochs, images, batchSize, directory, checkpoint, context } = loop;
  const stepsPerEpoch = Math.floor(images / batchSize);
  if (stepsPerEpoch === 0) {
    throw new ChildFault(
      'invalid',
      `batch size: expected at most the ${images} training images, got ${batchSize}`,
    );
  }
  const batchAt = batchesOf({ images, batchSize, order: (epoch) => loop.order(epoch) });
  const outcome = await runPhases({
    step: asPhases(step),
    turns: () => '',
    epochs,
    stepsPerEpoch,
    batchSize,
    inputs({ number, place }) {
      const { epoch, order, start } = batchAt(number);
      return loop.inputs(epoch, order, start, place);
    },
    directory,
    checkpoint,
    context,
  });
  if (outcome === null) return null;
  const { loss, history, seconds } = outcome;
  return { loss, history, seconds };
}
