import { reconstructionError } from '@ddad/anomaly';
import type { MapMaker } from '../../maps/map-maker.ts';
import { stepMapMaker } from '../../maps/step-map-maker.ts';
import { discrepancies, type Ensemble, reconstructions } from './ensemble.ts';
import { mapResults } from './map-results.ts';

const batchSize = 64;

/** Makes maps from all members at once. */
export function ensembleMapMaker(ensemble: Ensemble, side: number): MapMaker {
  return stepMapMaker({
    weights: ensemble.weights,
    side,
    batchSize,
    compute(weights, images) {
      // One member has no spread.
      const found =
        ensemble.sizes.ndm === 1
          ? { ...reconstructions(ensemble, weights, images), aIntra: null, aInter: null }
          : discrepancies(ensemble, weights, images);
      const recEnsemble = reconstructionError(images, found.mean, found.variance);
      return mapResults(images, { ...found, recEnsemble });
    },
  });
}
