import { inferenceStep, type TensorData } from '@ddad/compute';
import type { AsrNet } from '@ddad/models';

/**
 * BatchNorm's statistics of weights that no step had, from batches that they are shown: the mean over the batches of each batch's
 * mean and unbiased variance, as PyTorch's `torch.optim.swa_utils.update_bn` has it.
 * @param weights all of the network's tensors
 * @param batches [B,H,W,C] each
 * @param shape of a batch
 * @param goesOn asked after every batch
 * @returns the weights with these statistics; null where `goesOn` says no
 */
export async function withFreshStatistics(
  network: AsrNet,
  weights: ReadonlyMap<string, TensorData>,
  batches: Iterable<Float32Array>,
  shape: number[],
  goesOn: () => Promise<boolean>,
): Promise<Map<string, TensorData> | null> {
  const sums = new Map(
    network.parameters
      .filter(({ kind }) => kind === 'buffer')
      .map(({ name, shape: own }) => [name, { shape: own, data: new Float64Array(own[0]!) }]),
  );
  const step = inferenceStep({
    weights,
    inputs: { maps: shape },
    compute: (tensors, { maps }) => network.batchStatistics(tensors, maps!),
    mode: 'graph',
  });
  let count = 0;
  try {
    for (const maps of batches) {
      const found = step.run({ maps });
      for (const [name, { data }] of sums) for (let i = 0; i < data.length; i++) data[i]! += found[name]![i]!;
      count++;
      if (!(await goesOn())) return null;
    }
  } finally {
    step.dispose();
  }
  const fresh = [...sums].map(([name, { shape: own, data }]): [string, TensorData] => [
    name,
    { shape: own, data: Float32Array.from(data, (sum) => sum / count) },
  ]);
  return new Map([...weights, ...fresh]);
}
