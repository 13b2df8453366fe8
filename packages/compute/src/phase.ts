import type { OptimiserSettings } from './optimisers/index.ts';
import type { Shapes } from './tensor-data.ts';
import type { Tensor } from './tensorflow.ts';

export type Tensors = Record<string, Tensor>;

/** What a loss function gives. */
export interface StepLoss {
  /** The scalar to minimise. */
  loss: Tensor;
  /** New values of what the phase renews. */
  buffers?: Tensors;
  /** Further scalars by name that are told with each step, like a critic's distance: what shows whether a training collapses. */
  watched?: Tensors;
}

/** A loss as an ordinary function over tfjs tensors; differentiable in the weights that its phase trains. */
export type LossFunction<Inputs extends Shapes = Shapes> = (
  weights: Tensors,
  buffers: Tensors,
  inputs: { [Name in keyof Inputs]: Tensor },
  frozen: Tensors,
) => StepLoss;

/** One of the updates that a training alternates between, like those of a critic and of a generator. */
export interface Phase<Inputs extends Shapes = Shapes> {
  /** Names of the weights that its optimiser changes; the step's other weights are there, and stay as they are. */
  trains: readonly string[];
  /** Names of the buffers that its loss function renews; default none. */
  renews?: readonly string[];
  /** What the caller gives with every step of this phase. */
  inputs: Inputs;
  loss: LossFunction<Inputs>;
  optimiser: OptimiserSettings;
}

/** A phase whose loss function knows its inputs by their names. */
export function phase<const Inputs extends Shapes>(definition: Phase<Inputs>): Phase {
  return definition as unknown as Phase;
}

export interface StepOptions {
  /**
   * Of the matrix products and convolutions that weights have a part in, and of the maps between them; default float32. What
   * frozen tensors and inputs alone decide is float32. Only where `mode` is `graph`.
   */
  precision?: 'float32' | 'bfloat16' | undefined;
  /**
   * How many steps of a phase one call may do, default 1. A graph holds that many copies of each phase's step in a row, so that a
   * GPU is not left waiting between them; the results are those of single steps, bit by bit.
   */
  stepsACall?: number | undefined;
  /** `graph` records each phase once and runs it as one TensorFlow call; `eager` calls every op from JavaScript. */
  mode: 'graph' | 'eager';
}

/** A training of several phases on one set of weights; shapes are TensorFlow's layouts. */
export interface PhasedStepDefinition<Name extends string = string> extends StepOptions {
  /** What the phases train, each at least by one of them. */
  weights: Shapes;
  /** What loss functions renew, like running statistics, and what is set by hand between steps (`replace`). */
  buffers?: Shapes;
  /** What never changes, like the images that batches are taken from, or another network's weights. */
  frozen?: Shapes;
  phases: Readonly<Record<Name, Phase>>;
}
