import type { Graph, PlanBasis } from '@ddad/contract';
import { inWholeBatches, normalImages, scoreWithMap } from '../image-nodes.ts';
import { trainAndScore } from '../train-and-score.ts';
import type { OneStageDefinition } from './definition.ts';
import type { OneStageKinds } from './kinds.ts';
import type { OneStageSettings } from './settings.ts';

/** A method with its kinds. */
export interface PlannedMethod {
  definition: OneStageDefinition;
  kinds: OneStageKinds;
}

/** The network; maps of the test images, and where normal images are held out of the reference images. */
export function planOneStage(
  { definition, kinds }: PlannedMethod,
  basis: PlanBasis<OneStageSettings>,
): Graph {
  const { settings, imageSize } = basis;
  const { epochs, batchSize, learningRate } = settings;
  const normal = normalImages(basis);
  const { training } = basis.images;
  const starred = training !== null && training.count > normal.count;
  return trainAndScore(
    basis,
    {
      kind: kinds.network,
      id: 'network',
      seedName: definition.name,
      spec: (seed) => ({
        recipe: definition.recipes.network,
        seed,
        epochs,
        batchSize,
        learningRate,
        imagesDigest: starred ? training.digest : normal.digest,
        imageSize,
        ...(starred ? { normals: normal.count } : {}),
      }),
      images: starred ? 'training' : 'normal',
      epochs,
      imagesPerEpoch: inWholeBatches(normal.count, batchSize),
    },
    (network) => ({
      kind: kinds.maps,
      id: 'maps',
      spec: (imagesDigest) => ({ recipe: definition.recipes.maps, network, imagesDigest, imageSize }),
      scores: [scoreWithMap('predicted')],
    }),
  );
}
