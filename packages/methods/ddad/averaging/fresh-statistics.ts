import { inferenceStep, type Shapes, type Tensor, type TensorData } from '@ddad/compute';
import type { ParameterSpec } from '@ddad/models';

/** A network of which a batch's statistics can be had. */
export interface NormalisedNetwork {
  parameters: readonly ParameterSpec[];
  /** Mean and unbiased variance by which every BatchNorm normalises this batch, under the buffers' names. */
  statistics(weights: Record<string, Tensor>, inputs: Record<string, Tensor>): Record<string, Tensor>;
}

/**
 * BatchNorm's statistics of weights that no step had, from batches that they are shown: the mean over the batches of each batch's
 * mean and unbiased variance, as PyTorch's `torch.optim.swa_utils.update_bn` has it.
 * @param weights all of the network's tensors
 * @param batches inputs of each
 * @param inputs their shapes
 * @param goesOn asked after every batch
 * @returns the weights with these statistics; null where `goesOn` says no
 */
export async function withFreshStatistics(
  { parameters, statistics }: NormalisedNetwork,
  weights: ReadonlyMap<string, TensorData>,
  batches: Iterable<Record<string, Float32Array>>,
  inputs: Shapes,
  goesOn: () => Promise<boolean>,
): Promise<Map<string, TensorData> | null> {
  const sums = new Map(
    parameters
      .filter(({ kind }) => kind === 'buffer')
      .map(({ name, shape }) => [name, { shape, data: new Float64Array(shape[0]!) }]),
  );
  const step = inferenceStep({ weights, inputs, compute: statistics, mode: 'graph' });
  let count = 0;
  try {
    for (const batch of batches) {
      const found = step.run(batch);
      for (const [name, { data }] of sums) for (let i = 0; i < data.length; i++) data[i]! += found[name]![i]!;
      count++;
      if (!(await goesOn())) return null;
    }
  } finally {
    step.dispose();
  }
  const fresh = [...sums].map(([name, { shape, data }]): [string, TensorData] => [
    name,
    { shape, data: Float32Array.from(data, (sum) => sum / count) },
  ]);
  return new Map([...weights, ...fresh]);
}
