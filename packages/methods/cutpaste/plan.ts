import type { Graph, PlanBasis } from '@ddad/contract';
import { normalImages, scoreAlone } from '../image-nodes.ts';
import { pretrainedSpec } from '../pretrained-resnet18.ts';
import { stretchesOf } from '../stretches.ts';
import { trainAndScore } from '../train-and-score.ts';
import { classifierKind, distancesKind, recipes } from './kinds.ts';
import type { CutPasteSettings } from './settings.ts';

/** The classifier of the normal images; distances of the test images, and where normal images are held out of the reference images. */
export function planCutPaste(basis: PlanBasis<CutPasteSettings>): Graph {
  const { settings, imageSize, pretrained } = basis;
  const { steps, batchSize, learningRate } = settings;
  const normal = normalImages(basis);
  const stretches = stretchesOf(steps);
  return trainAndScore(
    basis,
    {
      kind: classifierKind,
      id: 'classifier',
      seedName: 'cutpaste',
      spec: (seed) => ({
        recipe: recipes.classifier,
        seed,
        steps,
        batchSize,
        learningRate,
        imagesDigest: normal.digest,
        imageSize,
        ...pretrainedSpec(recipes.pretrained, pretrained),
      }),
      epochs: stretches.count,
      imagesPerEpoch: stretches.steps * batchSize,
    },
    (classifier) => ({
      kind: distancesKind,
      id: 'distances',
      spec: (imagesDigest) => ({ recipe: recipes.distances, classifier, imagesDigest, imageSize }),
      scores: [scoreAlone('mahalanobis')],
    }),
  );
}
