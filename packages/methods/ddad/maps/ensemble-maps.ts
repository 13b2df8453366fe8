import { reconstructionError } from '@ddad/anomaly';
import { inferenceStep } from '@ddad/compute';
import type { MapMaker } from '../../maps/map-maker.ts';
import { discrepancies, type Ensemble, reconstructions } from './ensemble.ts';
import { mapResults } from './map-results.ts';

const batchSize = 64;

/** Makes maps from all members at once. */
export function ensembleMapMaker(ensemble: Ensemble, side: number): MapMaker {
  const step = inferenceStep({
    weights: ensemble.weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute: (weights, { images }) => {
      // One member has no spread.
      const found =
        ensemble.sizes.ndm === 1
          ? { ...reconstructions(ensemble, weights, images!), aIntra: null, aInter: null }
          : discrepancies(ensemble, weights, images!);
      const recEnsemble = reconstructionError(images!, found.mean, found.variance);
      return mapResults(images!, { ...found, recEnsemble });
    },
    mode: 'graph',
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
