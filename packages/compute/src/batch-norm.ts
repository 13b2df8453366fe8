import { letEscape } from './escapes.ts';
import { refuseSecondDerivative } from './input-slopes.ts';
import { backend, type NodeBackend, type OpAttribute, type Tensor, tf } from './tensorflow.ts';

function attributes(node: NodeBackend, epsilon: number): OpAttribute[] {
  const { binding } = node;
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
}

/** A rank 2 tensor as an image of one pixel: the fused kernels take rank 4 only. */
function asImage(x: Tensor): Tensor {
  return x.rank === 4 ? x : tf.reshape(x, [x.shape[0], 1, 1, x.shape[1] ?? 1]);
}

/**
 * Batch normalisation with the batch's own statistics, by TensorFlow's fused kernels: what tfjs offers is built from
 * elementwise ops and takes about a quarter longer for a whole training step. It has no second derivative, and refuses one.
 * @param x [N,H,W,C] or [N,C]
 * @param scale [C], @param offset [C]
 * @returns `y` like x, normalised with the biased variance and differentiable in all three inputs; `mean` [C];
 *   `variance` [C], unbiased (n/(n-1), n = N·H·W), as PyTorch takes it into the running variance
 */
export function batchNormTrain(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon: number,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  const node = backend();
  let mean: Tensor | undefined;
  let variance: Tensor | undefined;
  const fused = tf.customGrad((image, gamma, beta, save) => {
    const none = tf.tensor1d([]);
    const [y, batchMean, batchVariance, ...reserve] = node.executeMultipleOutputs(
      'FusedBatchNormV3',
      attributes(node, epsilon),
      [image as Tensor, gamma as Tensor, beta as Tensor, none, none],
      6,
    );
    mean = letEscape(batchMean!);
    variance = letEscape(batchVariance!);
    (save as (tensors: Tensor[]) => void)([image as Tensor, gamma as Tensor, ...reserve]);
    return {
      value: y!,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        refuseSecondDerivative('batchNormTrain');
        const [savedImage, savedGamma, ...savedReserve] = saved;
        return node
          .executeMultipleOutputs(
            'FusedBatchNormGradV3',
            attributes(node, epsilon),
            [dy, savedImage!, savedGamma!, ...savedReserve],
            5,
          )
          .slice(0, 3);
      },
    };
  });
  const image = asImage(x);
  const y = fused(image, scale, offset);
  if (mean === undefined || variance === undefined) throw new Error('batch normalisation did not run');
  return { y: x.rank === 4 ? y : tf.reshape(y, x.shape), mean, variance };
}

/**
 * Batch normalisation with given statistics.
 * @param x [N,H,W,C] or [N,C]; the rest [C]
 */
export function batchNormInfer(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon: number,
): Tensor {
  const y = tf.batchNorm(
    asImage(x) as ReturnType<typeof tf.tensor4d>,
    mean as ReturnType<typeof tf.tensor1d>,
    variance as ReturnType<typeof tf.tensor1d>,
    offset as ReturnType<typeof tf.tensor1d>,
    scale as ReturnType<typeof tf.tensor1d>,
    epsilon,
  );
  return x.rank === 4 ? y : tf.reshape(y, x.shape);
}
