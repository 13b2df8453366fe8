import type { AdamSettings } from './adam.ts';
import { letEscape } from './escapes.ts';
import type { Shapes, TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

export type Tensors = Record<string, Tensor>;

/** What a training step computes, as ordinary functions over tfjs tensors; shapes are TensorFlow's layouts. */
export interface TrainStepDefinition {
  /** What the optimiser changes. */
  trainable: Shapes;
  /** What the loss function itself renews, like running statistics. */
  buffers: Shapes;
  /** What never changes, like the images that batches are taken from. */
  frozen?: Shapes;
  /** What the caller gives with every step. */
  inputs: Shapes;
  loss: (
    weights: Tensors,
    buffers: Tensors,
    inputs: Tensors,
    frozen: Tensors,
  ) => { loss: Tensor; buffers: Tensors };
  optimiser: AdamSettings;
  /**
   * Of the matrix products and convolutions that trainable tensors have a part in, and of the maps between them; default float32. What
   * frozen tensors and inputs alone decide is float32. Only where `mode` is `graph`.
   */
  precision?: 'float32' | 'bfloat16' | undefined;
  /**
   * How many steps one call may do, default 1. A graph holds that many copies of the step in a row, so that a GPU is not left
   * waiting between them; the results are those of single steps, bit by bit.
   */
  stepsACall?: number | undefined;
  /** `graph` records the step once and runs it as one TensorFlow call; `eager` calls every op from JavaScript. */
  mode: 'graph' | 'eager';
}

/** Variables behind both modes: a graph's, or plain tensors. */
export interface Variables {
  /** @param first number of the first of these steps, counted from 1 */
  run(batches: readonly Record<string, Float32Array>[], first: number): number[];
  gradients(inputs: Record<string, Float32Array>): Map<string, TensorData>;
  read(names: string[]): Map<string, TensorData>;
  write(values: ReadonlyMap<string, Float32Array>): void;
  dispose(): void;
}

export const moment = (kind: 'm' | 'v', name: string) => `adam.${kind}.${name}`;

/** Loss, new buffers and gradients (`grad/NAME`, weight decay added) of one step. */
export function differentiate(definition: TrainStepDefinition, args: Tensors): Tensors {
  const pick = (shapes: Shapes): Tensors =>
    Object.fromEntries(Object.keys(shapes).map((name) => [name, args[name]]));
  const names = Object.keys(definition.trainable);
  const weights = names.map((name) => args[name]);
  let renewed: Tensors = {};
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const byName = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const result = definition.loss(
      byName,
      pick(definition.buffers),
      pick(definition.inputs),
      pick(definition.frozen ?? {}),
    );
    renewed = Object.fromEntries(
      Object.entries(result.buffers).map(([name, tensor]) => [name, letEscape(tensor)]),
    );
    return result.loss;
  })(weights);
  const results: Tensors = { loss: value };
  for (const [name, tensor] of Object.entries(renewed)) results[`buffer/${name}`] = tensor;
  names.forEach((name, i) => {
    const decay = definition.optimiser.weightDecay;
    results[`grad/${name}`] = decay === 0 ? grads[i] : tf.add(grads[i], tf.mul(weights[i], decay));
  });
  return results;
}
