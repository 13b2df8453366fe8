import type { Graph, PlanBasis } from '@ddad/contract';
import { normalImages, scoreWithMap } from '../image-nodes.ts';
import { trainAndScore } from '../train-and-score.ts';
import { networksKind, probabilitiesKind, recipes } from './kinds.ts';
import type { DraemSettings } from './settings.ts';

/** Networks of the normal images; probabilities of the test images, and where normal images are held out of the reference images. */
export function planDraem(basis: PlanBasis<DraemSettings>): Graph {
  const { settings, imageSize } = basis;
  const { epochs, batchSize, learningRate, width } = settings;
  const normal = normalImages(basis);
  return trainAndScore(
    basis,
    {
      kind: networksKind,
      id: 'networks',
      seedName: 'draem',
      spec: (seed) => ({
        recipe: recipes.networks,
        seed,
        epochs,
        batchSize,
        learningRate,
        width,
        imagesDigest: normal.digest,
        imageSize,
      }),
      epochs,
      imagesPerEpoch: normal.count,
    },
    (networks) => ({
      kind: probabilitiesKind,
      id: 'probabilities',
      spec: (imagesDigest) => ({ recipe: recipes.probabilities, networks, width, imagesDigest, imageSize }),
      scores: [scoreWithMap('probability')],
    }),
  );
}
