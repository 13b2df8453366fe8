import type { Graph, PlanBasis } from '@ddad/contract';
import { normalImages, scoreAlone, scoreWithMap } from '../image-nodes.ts';
import { pretrainedSpec } from '../pretrained-resnet18.ts';
import { trainAndScore } from '../train-and-score.ts';
import { networksKind, recipes, residualsKind } from './kinds.ts';
import type { IgdSettings } from './settings.ts';

/** Networks of the normal images; scores of the test images, and where normal images are held out of the reference images. */
export function planIgd(basis: PlanBasis<IgdSettings>): Graph {
  const { settings, imageSize, pretrained } = basis;
  const { epochs, batchSize, learningRate, width } = settings;
  const normal = normalImages(basis);
  return trainAndScore(
    basis,
    {
      kind: networksKind,
      id: 'networks',
      seedName: 'igd',
      spec: (seed) => ({
        recipe: recipes.networks,
        seed,
        epochs,
        batchSize,
        learningRate,
        width,
        imagesDigest: normal.digest,
        imageSize,
        ...pretrainedSpec(recipes.pretrained, pretrained),
      }),
      epochs,
      imagesPerEpoch: normal.count,
    },
    (networks) => ({
      kind: residualsKind,
      id: 'residuals',
      spec: (imagesDigest) => ({ recipe: recipes.residuals, networks, width, imagesDigest, imageSize }),
      scores: [scoreAlone('igd'), scoreWithMap('residual')],
    }),
  );
}
