import { randomStream, type Shapes, type TensorData, type TrainStep, trainStep } from '@ddad/compute';
import { type AsrNet, initialise, shapesOf } from '@ddad/models';
import type { RefinerSpec } from '../kinds.ts';
import type { RefinerExamples } from './refiner-examples.ts';
import type { RefinerRecipe } from './refiner-recipe.ts';
import {
  averagedWeights,
  averageShapes,
  averagingRate,
  renewAverages,
  withAverages,
} from './weight-average.ts';

/** Adam's settings beside learning rate and weight decay (method: "ASR-Net"). */
const adam = { beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;

export interface RefinerStepSettings {
  network: AsrNet;
  /** Maps that it reads. */
  channels: number;
  spec: Pick<
    RefinerSpec,
    'batchSize' | 'imageSize' | 'learningRate' | 'weightDecay' | 'precision' | 'seed' | 'epochs'
  >;
  recipe: RefinerRecipe;
  /** Normal images. */
  images: number;
  stepsACall: number;
  mode: 'graph' | 'eager';
}

/** ASR-Net's training step at its first weights, and what it takes. Owns TensorFlow memory until `step` is disposed of. */
export interface RefinerStep {
  step: TrainStep;
  /** Order of the images in an epoch. */
  order(epoch: number): Uint32Array;
  /**
   * The step's inputs for the images `order[start] …`, in memory that is used again by the next call for the same place.
   * @param place 0 … stepsACall-1, of the step in its call
   */
  inputs(epoch: number, order: Uint32Array, start: number, place: number): Record<string, Float32Array>;
  /** The weights that count by the step's present state, with the running statistics of its last weights. */
  read(): Map<string, TensorData>;
}

/** @param examples what it learns from */
export function refinerStep(settings: RefinerStepSettings, examples: RefinerExamples): RefinerStep {
  const { network, channels, spec, recipe, images, stepsACall, mode } = settings;
  const { batchSize, imageSize: side, seed } = spec;
  const { average } = recipe;
  const { trainable, buffers } = shapesOf(network.parameters);
  const stepsPerEpoch = Math.floor(images / batchSize);
  const steps = spec.epochs * stepsPerEpoch;
  const inputs: Shapes = {
    maps: [batchSize, side, side, channels],
    labels: [batchSize, side, side, 1],
    ...(average !== null && { averagingRate: [1] }),
  };
  const step = trainStep({
    trainable,
    buffers: { ...buffers, ...(average !== null && averageShapes(trainable)) },
    inputs,
    loss: (weights, running, given) => {
      const { loss, buffers: renewed } = network.loss(weights, running, {
        maps: given.maps!,
        labels: given.labels!,
      });
      if (average === null) return { loss, buffers: renewed };
      const averages = renewAverages(trainable, weights, running, given.averagingRate!);
      return { loss, buffers: { ...renewed, ...averages } };
    },
    optimiser: { ...adam, learningRate: spec.learningRate, weightDecay: spec.weightDecay },
    precision: spec.precision,
    stepsACall,
    mode,
  });
  const first = initialise(network.parameters, seed);
  step.write(average === null ? first : withAverages(trainable, first));
  const places = Array.from({ length: stepsACall }, () => ({
    maps: new Float32Array(batchSize * side * side * channels),
    labels: new Float32Array(batchSize * side * side),
  }));
  return {
    step,
    order: (epoch) => randomStream(seed, 'order', epoch).shuffle(images),
    inputs(epoch, order, start, place) {
      const target = places[place]!;
      examples.write(epoch, order, start, target);
      if (average === null) return target;
      const done = epoch * stepsPerEpoch + start / batchSize;
      return { ...target, averagingRate: Float32Array.of(averagingRate(average, steps, done)) };
    },
    read() {
      const tensors = step.read();
      if (average === null) return tensors;
      return averagedWeights(trainable, tensors, averagingRate(average, steps, step.steps));
    },
  };
}
