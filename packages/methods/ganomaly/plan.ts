import type { Graph, PlanBasis } from '@ddad/contract';
import { inWholeBatches, normalImages, scoreAlone, scoreWithMap } from '../image-nodes.ts';
import { trainAndScore } from '../train-and-score.ts';
import { generatorKind, recipes, scoresKind } from './kinds.ts';
import type { GanomalySettings } from './settings.ts';

/** The generator of the normal images; scores of the test images, and where normal images are held out of the reference images. */
export function planGanomaly(basis: PlanBasis<GanomalySettings>): Graph {
  const { settings, imageSize } = basis;
  const { epochs, batchSize, learningRate } = settings;
  const normal = normalImages(basis);
  return trainAndScore(
    basis,
    {
      kind: generatorKind,
      id: 'generator',
      seedName: 'ganomaly',
      spec: (seed) => ({
        recipe: recipes.generator,
        seed,
        epochs,
        batchSize,
        learningRate,
        imagesDigest: normal.digest,
        imageSize,
      }),
      epochs,
      imagesPerEpoch: inWholeBatches(normal.count, batchSize),
    },
    (generator) => ({
      kind: scoresKind,
      id: 'scores',
      spec: (imagesDigest) => ({ recipe: recipes.scores, generator, imagesDigest, imageSize }),
      scores: [scoreAlone('latentError'), scoreWithMap('residual')],
    }),
  );
}
