import { reconstructionError } from '@ddad/anomaly';
import { inferenceStep } from '@ddad/compute';
import { discrepancies, type Ensemble } from './ensemble.ts';
import { type MapMaker, mapResults } from './map-maker.ts';

const batchSize = 64;

/** Makes maps from all members at once. */
export function ensembleMapMaker(ensemble: Ensemble, side: number): MapMaker {
  const step = inferenceStep({
    weights: ensemble.weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute: (weights, { images }) => {
      const { ndm, mean, variance, aIntra, aInter } = discrepancies(ensemble, weights, images!);
      const recEnsemble = reconstructionError(images!, mean, variance);
      // One member has no spread.
      const spread = ndm.length === 1 ? null : aIntra;
      return mapResults(images!, { ndm, recEnsemble, aIntra: spread, aInter });
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
