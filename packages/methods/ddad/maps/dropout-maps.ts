import { addMoments, type PassMoments, reconstructionError } from '@ddad/anomaly';
import { inferenceStep, maskSeed, maskSeedSize, type Shapes, sizeOf, type Tensor, tf } from '@ddad/compute';
import type { MapMaker } from '../../maps/map-maker.ts';
import type { DropoutSpec, Role } from '../kinds.ts';
import { discrepanciesOfMoments, momentsOfPasses } from './dropout-passes.ts';
import type { Ensemble } from './ensemble.ts';
import { mapResults } from './map-results.ts';

/** Images and passes of one run of the step. The latter decide which masks a pass has, and so are part of the recipe. */
const batchSize = 16;
const passesAtOnce = 16;

const fields = ['mean', 'squares', 'variance'] as const;
const scalar = [1];

/**
 * Makes maps with MC Dropout: passes through one network per role in blocks, of which mean, squared deviations and mean variance
 * are kept. `rec.0` is the NDM network's error without dropout, `recEnsemble` that of the mean over its passes.
 */
export function dropoutMapMaker(ensemble: Ensemble, dropout: DropoutSpec, side: number): MapMaker {
  const { rate, passes, seed } = dropout;
  const roles: Role[] = ensemble.sizes.udm === 0 ? ['ndm'] : ['ndm', 'udm'];
  const images = [batchSize, side, side, 1];
  const state: Shapes = { passes: scalar };
  for (const role of roles) for (const field of fields) state[`${role}.${field}`] = images;
  const momentsIn = (role: Role, tensors: Record<string, Tensor>): PassMoments => ({
    mean: tensors[`${role}.mean`]!,
    squares: tensors[`${role}.squares`]!,
    variance: tensors[`${role}.variance`]!,
  });

  const block = inferenceStep({
    weights: ensemble.weights,
    inputs: { images, masks: [maskSeedSize], counted: [passesAtOnce, 1, 1, 1, 1], ...state },
    compute: (weights, inputs) => {
      const count = tf.reshape(tf.sum(inputs.counted!), scalar);
      const results: Record<string, Tensor> = { passes: tf.add(inputs.passes!, count) };
      for (const role of roles) {
        const more = momentsOfPasses(ensemble, role, rate, weights, {
          images: inputs.images!,
          seed: inputs.masks!,
          counted: inputs.counted!,
        });
        const sum = addMoments([momentsIn(role, inputs), more], [inputs.passes!, count]);
        for (const field of fields) results[`${role}.${field}`] = sum[field];
      }
      return results;
    },
    mode: 'graph',
  });
  const finish = inferenceStep({
    weights: ensemble.weights,
    inputs: { images, ...state },
    compute: (weights, inputs) => {
      const ndm = momentsIn('ndm', inputs);
      const udm = roles.includes('udm') ? momentsIn('udm', inputs) : null;
      const plain = ensemble.reconstruct('ndm', weights, inputs.images!);
      return mapResults(inputs.images!, {
        ndm: plain,
        recEnsemble: reconstructionError(inputs.images!, ndm.mean, ndm.variance),
        ...discrepanciesOfMoments(ndm, udm, inputs.passes!),
      });
    },
    mode: 'graph',
  });
  const none: Record<string, Float32Array> = Object.fromEntries(
    Object.entries(state).map(([name, shape]) => [name, new Float32Array(sizeOf(shape))]),
  );
  return {
    batchSize,
    async make(batch, goesOn) {
      let now = none;
      for (let first = 0; first < passes; first += passesAtOnce) {
        const counted = Float32Array.from({ length: passesAtOnce }, (_, i) => (first + i < passes ? 1 : 0));
        now = block.run({ images: batch, masks: maskSeed(seed, 'maps', first), counted, ...now });
        if (!(await goesOn())) return null;
      }
      return finish.run({ images: batch, ...now });
    },
    dispose() {
      block.dispose();
      finish.dispose();
    },
  };
}
