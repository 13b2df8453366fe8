import { inferenceStep, type Tensor, type TensorData } from '@ddad/compute';
import type { MapMaker } from './map-maker.ts';

export interface StepMaps {
  /** In TensorFlow's layouts. */
  weights: ReadonlyMap<string, TensorData>;
  side: number;
  batchSize: number;
  /**
   * @param images grey values in [-1,1], [batchSize,side,side,1]
   * @returns maps under `map.NAME`, [N,H,W,1], and image scores, [N], under their names
   */
  compute(weights: Record<string, Tensor>, images: Tensor): Record<string, Tensor>;
  /** Default: `graph`. */
  mode?: 'graph' | 'eager';
}

/** Makes maps by one step a batch, between which it can be stopped. */
export function stepMapMaker({ weights, side, batchSize, compute, mode = 'graph' }: StepMaps): MapMaker {
  const step = inferenceStep({
    weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute: (tensors, { images }) => compute(tensors, images!),
    mode,
  });
  return {
    batchSize,
    async make(batch, goesOn) {
      const found = step.run({ images: batch });
      return (await goesOn()) ? found : null;
    },
    dispose: () => step.dispose(),
  };
}
