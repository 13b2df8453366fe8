import {
  batchNormInfer,
  batchNormTrain,
  relu,
  type Tensor,
  type TensorData,
  tf,
  transposedConvolution,
} from '@ddad/compute';
import { type Block, epsilon } from './block.ts';
import type { Drop } from './dropout.ts';
import { batchNormSpecs, convolutionSpecs, linearSpecs } from './parameter-specs.ts';
import type { ParameterSpec } from './parameters.ts';

/** Tensors by parameter name, in TensorFlow's layout. */
export type Tensors = Record<string, Tensor>;

/** PyTorch's sense: the share of the new batch. */
export const runningMomentum = 0.1;

/** All parameters of a chain, in PyTorch's order. */
export function blockParameters(blocks: readonly Block[]): ParameterSpec[] {
  return blocks.flatMap((block) => [
    ...(block.layer === 'linear'
      ? linearSpecs(block, block.from, block.to)
      : convolutionSpecs(block, block.layer === 'transposedConvolution')),
    ...(block.norm === null ? [] : batchNormSpecs(block.norm, block.outputs)),
  ]);
}

/** @throws Error that names the tensor, where it is missing */
export function tensorOf<T>(tensors: Record<string, T>, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`weights: expected a tensor ${name}, got none`);
  return tensor;
}

/** The layer itself: x [N,H,W,inputs] or [N,inputs]; the result likewise. */
function applyLayer(block: Block, weights: Tensors, x: Tensor, bias: boolean): Tensor {
  const weight = tensorOf(weights, `${block.name}.weight`) as ReturnType<typeof tf.tensor4d>;
  let y: Tensor;
  if (block.layer === 'linear') {
    const flat = block.from === null ? x : tf.reshape(x, [x.shape[0], block.inputs]);
    y = tf.matMul(flat, weight);
  } else if (block.layer === 'convolution') {
    y = tf.conv2d(x as ReturnType<typeof tf.tensor4d>, weight, block.stride, 'same');
  } else {
    y = transposedConvolution(x, weight);
  }
  if (bias) y = tf.add(y, tensorOf(weights, `${block.name}.bias`));
  return block.to === null ? y : tf.reshape(y, [x.shape[0], block.to.side, block.to.side, block.to.channels]);
}

/** A block's activation y after dropout, where the block is a site of it and there is any. */
function dropped(block: Block, y: Tensor, drop: Drop | undefined): Tensor {
  return drop === undefined || block.dropSite === null ? y : drop(y, block.dropSite);
}

export interface TrainBlocksOptions {
  /** None without dropout. */
  drop?: Drop | undefined;
  /** The batch's share in the running statistics; default that of a training. */
  momentum?: number;
}

/**
 * Training mode: BatchNorm by the batch's own statistics.
 * @param buffers running statistics before the step
 * @returns the chain's output and the running statistics after it: 0.9 of the old and 0.1 of the batch's, the variance
 *   unbiased, as in PyTorch
 */
export function trainBlocks(
  blocks: readonly Block[],
  weights: Tensors,
  buffers: Tensors,
  x: Tensor,
  { drop, momentum = runningMomentum }: TrainBlocksOptions = {},
): { y: Tensor; buffers: Tensors } {
  const renewed: Tensors = {};
  let y = x;
  for (const block of blocks) {
    y = applyLayer(block, weights, y, block.bias);
    if (block.norm === null) continue;
    const { norm } = block;
    const batch = batchNormTrain(
      y,
      tensorOf(weights, `${norm}.weight`),
      tensorOf(weights, `${norm}.bias`),
      epsilon,
    );
    const renew = (field: string, value: Tensor) => {
      const old = tensorOf(buffers, `${norm}.${field}`);
      renewed[`${norm}.${field}`] = tf.add(tf.mul(old, 1 - momentum), tf.mul(value, momentum));
    };
    renew('running_mean', batch.mean);
    renew('running_var', batch.variance);
    y = dropped(block, relu(batch.y), drop);
  }
  return { y, buffers: renewed };
}

/** Inference mode: BatchNorm by its running statistics. */
export function inferBlocks(
  blocks: readonly Block[],
  weights: Tensors,
  buffers: Tensors,
  x: Tensor,
  drop?: Drop,
): Tensor {
  return blocks.reduce((input, block) => {
    const y = applyLayer(block, weights, input, block.bias);
    if (block.norm === null) return y;
    const normal = batchNormInfer(
      y,
      tensorOf(buffers, `${block.norm}.running_mean`),
      tensorOf(buffers, `${block.norm}.running_var`),
      tensorOf(weights, `${block.norm}.weight`),
      tensorOf(weights, `${block.norm}.bias`),
      epsilon,
    );
    return dropped(block, tf.relu(normal), drop);
  }, x);
}

/**
 * Folds BatchNorm's inference mode into the layer before it: w·s and (b − mean)·s + offset, s = scale/√(variance + ε).
 * @param tensors trainable tensors and buffers in TensorFlow's layout
 * @returns `NAME.weight`, and `NAME.bias` of every layer that has a bias or had a BatchNorm
 * @throws Error where a tensor is missing
 */
export function foldBlocks(
  blocks: readonly Block[],
  tensors: ReadonlyMap<string, TensorData>,
): Map<string, TensorData> {
  const all = Object.fromEntries(tensors);
  const folded = new Map<string, TensorData>();
  for (const block of blocks) {
    const weight = tensorOf(all, `${block.name}.weight`);
    const bias = block.bias ? tensorOf(all, `${block.name}.bias`) : null;
    if (block.norm === null) {
      folded.set(`${block.name}.weight`, weight);
      if (bias !== null) folded.set(`${block.name}.bias`, bias);
      continue;
    }
    const [scale, offset, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
      (field) => tensorOf(all, `${block.norm}.${field}`).data,
    );
    const { outputs } = block;
    const factor = Float64Array.from(
      { length: outputs },
      (_, o) => scale![o]! / Math.sqrt(variance![o]! + epsilon),
    );
    // Output channels are the last axis of every weight but a transposed convolution's (H,W,O,I).
    const inner = block.layer === 'transposedConvolution' ? block.inputs : 1;
    const data = weight.data.map((value, i) => value * factor[Math.floor(i / inner) % outputs]!);
    folded.set(`${block.name}.weight`, { shape: [...weight.shape], data });
    const shift = Float32Array.from(
      { length: outputs },
      (_, o) => ((bias?.data[o] ?? 0) - mean![o]!) * factor[o]! + offset![o]!,
    );
    folded.set(`${block.name}.bias`, { shape: [outputs], data: shift });
  }
  return folded;
}

/** Inference mode with what `foldBlocks` gave. */
export function inferFolded(blocks: readonly Block[], folded: Tensors, x: Tensor, drop?: Drop): Tensor {
  return blocks.reduce((input, block) => {
    const y = applyLayer(block, folded, input, block.bias || block.norm !== null);
    return block.norm === null ? y : dropped(block, tf.relu(y), drop);
  }, x);
}
