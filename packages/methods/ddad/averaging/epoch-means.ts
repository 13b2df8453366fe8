import { type Shapes, sizeOf, type TensorData, type TrainStep } from '@ddad/compute';
import type { ResumableStep } from '@ddad/jobs/training';

/** Prefix of the means in a training's state, and so in its checkpoints. */
const prefix = 'average.';

/** Whose weights behind the last epochs' ends are averaged. */
export interface AveragedEpochs {
  /** The network's trainable tensors. */
  trainable: Shapes;
  epochs: number;
  stepsPerEpoch: number;
  /** Share of the epochs, the last ones, that count: at least one does. */
  share: number;
}

/** A plain mean over weights, which takes them one by one. */
export interface EpochMean {
  /** Epochs that count and are behind so many steps. */
  counted(steps: number): number;
  /** To be called once behind each epoch that counts. @param weights those behind `steps` steps */
  take(steps: number, weights: ReadonlyMap<string, TensorData>): void;
  /** By the weights' names; zeros before any was taken. */
  readonly tensors: ReadonlyMap<string, TensorData>;
}

export function epochMean({ trainable, epochs, stepsPerEpoch, share }: AveragedEpochs): EpochMean {
  // Shares are decimal fractions: 0.15 of 20 epochs is a little less than 3.
  const first = Math.min(epochs - 1, epochs - Math.floor(share * epochs + 1e-9));
  const counted = (steps: number) => Math.max(0, Math.floor(steps / stepsPerEpoch) - first);
  const tensors = new Map(
    Object.entries(trainable).map(([name, shape]): [string, TensorData] => [
      name,
      { shape, data: new Float32Array(sizeOf(shape)) },
    ]),
  );
  return {
    counted,
    take(steps, weights) {
      const rate = 1 / counted(steps);
      for (const [name, { data: mean }] of tensors) {
        const { data } = weights.get(name)!;
        for (let i = 0; i < mean.length; i++) mean[i]! += rate * (data[i]! - mean[i]!);
      }
    },
    tensors,
  };
}

/** A training step with a mean beside its own state. */
export interface AveragedStep extends ResumableStep {
  /** The network's tensors with the mean in the weights' place; the weights themselves where no epoch that counts is behind. */
  read(): Map<string, TensorData>;
}

/**
 * Wraps a training step so that the plain mean over its weights behind each of the last epochs is part of its state. They are read
 * once an epoch, and the step itself stays what it was: a mean inside of it, one a step, took a member 8 % more time (measured).
 */
export function withEpochMeans(step: TrainStep, averaged: AveragedEpochs): AveragedStep {
  const mean = epochMean(averaged);
  return {
    get steps() {
      return step.steps;
    },
    stepsACall: step.stepsACall,
    runSeveral(batches) {
      const before = mean.counted(step.steps);
      const losses = step.runSeveral(batches);
      if (mean.counted(step.steps) > before) mean.take(step.steps, step.read());
      return losses;
    },
    readState() {
      const { steps, tensors } = step.readState();
      const own = [...mean.tensors].map(([name, { shape, data }]): [string, TensorData] => [
        `${prefix}${name}`,
        { shape, data: data.slice() },
      ]);
      return { steps, tensors: new Map([...tensors, ...own]) };
    },
    writeState({ steps, tensors }) {
      const theirs = [...tensors].filter(([name]) => !name.startsWith(prefix));
      step.writeState({ steps, tensors: new Map(theirs) });
      for (const [name, { data }] of mean.tensors) data.set(tensors.get(`${prefix}${name}`)!.data);
    },
    read: () => (mean.counted(step.steps) === 0 ? step.read() : new Map([...step.read(), ...mean.tensors])),
  };
}
