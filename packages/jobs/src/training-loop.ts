import { join } from 'node:path';
import { readCheckpointFile, type TrainingState, writeCheckpointFile } from './checkpoint-file.ts';
import { type ChildContext, ChildFault } from './child.ts';

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

/**
 * Trains to the end, in epochs, from a checkpoint where there is one. All that happens in a step depends on its number
 * only, so that a resumed training is the undisturbed one, bit by bit, and so is one with other numbers of steps a call. A call
 * does `stepsACall` steps, or what is left of the epoch; checkpoints lie between calls.
 * @throws ChildFault `diverged` on a loss that is not finite
 */
export async function runTraining(loop: TrainingLoop): Promise<TrainingOutcome> {
  const { step, epochs, images, batchSize, context, directory } = loop;
  const stepsPerEpoch = Math.floor(images / batchSize);
  if (stepsPerEpoch === 0) {
    throw new ChildFault(
      'invalid',
      `batch size: expected at most the ${images} training images, got ${batchSize}`,
    );
  }
  let { lossSum, history, seconds: earlier } = { lossSum: 0, history: [] as number[], seconds: 0 };
  if (loop.checkpoint !== null) {
    const state = await readCheckpointFile(loop.checkpoint);
    step.writeState(state);
    ({ lossSum, history, seconds: earlier } = state);
  }
  const started = performance.now();
  const seconds = () => earlier + (performance.now() - started) / 1000;
  const save = async () => {
    const path = join(directory, `checkpoint-${step.steps}.safetensors`);
    await writeCheckpointFile(path, { ...step.readState(), lossSum, history, seconds: seconds() });
    context.checkpoint(step.steps, path);
  };

  context.ready();
  const compiled = new Set<number>();
  while (step.steps < epochs * stepsPerEpoch) {
    const epoch = Math.floor(step.steps / stepsPerEpoch);
    const order = loop.order(epoch);
    const epochStarted = performance.now();
    const first = step.steps - epoch * stepsPerEpoch;
    for (let batch = first; batch < stepsPerEpoch; ) {
      const count = Math.min(step.stepsACall, stepsPerEpoch - batch);
      // TensorFlow compiles anew for a number of steps that no call had.
      if (compiled.size > 0 && !compiled.has(count)) context.ready();
      compiled.add(count);
      const before = step.steps;
      const losses = step.runSeveral(
        Array.from({ length: count }, (_, i) => loop.inputs(epoch, order, (batch + i) * batchSize, i)),
      );
      for (const [i, loss] of losses.entries()) {
        if (!Number.isFinite(loss)) {
          throw new ChildFault(
            'diverged',
            `the loss became ${loss} in step ${before + i + 1} (epoch ${epoch + 1} of ${epochs})`,
          );
        }
        lossSum += loss;
      }
      batch += count;
      if (batch === stepsPerEpoch) {
        history.push(lossSum / stepsPerEpoch);
        lossSum = 0;
        const epochSeconds = (performance.now() - epochStarted) / 1000;
        context.progress({
          done: epoch + 1,
          total: epochs,
          loss: history[epoch],
          imagesPerSecond: ((stepsPerEpoch - first) * batchSize) / epochSeconds,
        });
      }
      const next = await context.afterStep();
      if (next !== 'go on') await save();
      if (next === 'stop') return null;
    }
  }
  return { loss: history[epochs - 1], history, seconds: seconds() };
}
