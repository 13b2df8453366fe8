import { type Shapes, type Tensor, type TensorData, tf } from '@ddad/compute';
import type { AveragedWeights } from './refiner-recipe.ts';

/** Prefix of the buffers that hold the means: part of a step's state, and so of its checkpoints. */
const prefix = 'average.';
const averageOf = (name: string) => `${prefix}${name}`;

/** Buffers of the means of `trainable`. */
export function averageShapes(trainable: Shapes): Shapes {
  return Object.fromEntries(Object.entries(trainable).map(([name, shape]) => [averageOf(name), shape]));
}

/** Tensors with the means beside them, as they are before the first step: the weights themselves. */
export function withAverages(
  trainable: Shapes,
  tensors: ReadonlyMap<string, TensorData>,
): Map<string, TensorData> {
  const averages = Object.keys(trainable).map((name): [string, TensorData] => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`weights: expected a tensor ${name}, got none`);
    return [averageOf(name), tensor];
  });
  return new Map([...tensors, ...averages]);
}

/**
 * A state's tensors with the means in the weights' place. A step takes the weights before its update into the mean: those that the
 * last one left come in here.
 * @param rate theirs
 */
export function averagedWeights(
  trainable: Shapes,
  tensors: ReadonlyMap<string, TensorData>,
  rate: number,
): Map<string, TensorData> {
  return new Map(
    [...tensors].flatMap(([name, tensor]): [string, TensorData][] => {
      if (name.startsWith(prefix)) return [];
      if (!(name in trainable)) return [[name, tensor]];
      const { shape, data } = tensors.get(averageOf(name))!;
      return [[name, { shape, data: data.map((mean, i) => mean + rate * (tensor.data[i]! - mean)) }]];
    }),
  );
}

/**
 * The part that the weights before step number `done` of `steps` have in the mean. All of it up to `from`; then 1/2, 1/3 and so on,
 * the plain mean, until the exponential one over `horizon` is reached, so that the first weights do not weigh more than others.
 * @example averagingRate({ from: 0.5, horizon: 0.2 }, 10, 6) // 0.5: two weights so far, 1/2 is the rate of a horizon of 2 as well
 */
export function averagingRate({ from, horizon }: AveragedWeights, steps: number, done: number): number {
  const behind = done - Math.floor(from * steps);
  if (behind <= 0) return 1;
  return Math.max(1 / (behind + 1), 1 / Math.max(1, horizon * steps));
}

/** The means after a step: mean + rate · (weight − mean), `rate` [1]. */
export function renewAverages(
  trainable: Shapes,
  weights: Readonly<Record<string, Tensor>>,
  buffers: Readonly<Record<string, Tensor>>,
  rate: Tensor,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.keys(trainable).map((name) => {
      const mean = buffers[averageOf(name)]!;
      return [averageOf(name), tf.add(mean, tf.mul(tf.sub(weights[name]!, mean), rate))];
    }),
  );
}
