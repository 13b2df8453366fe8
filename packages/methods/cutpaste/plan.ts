import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import { pretrainedSpec } from '../pretrained-resnet18.ts';
import { stretchesOf } from '../stretches.ts';
import { classifierKind, distancesKind, recipes } from './kinds.ts';
import type { CutPasteSettings } from './settings.ts';

type Basis = PlanBasis<CutPasteSettings>;

const stages = [
  { name: 'train', title: 'training' },
  { name: 'score', title: 'scoring' },
];

/** The classifier of the normal images; distances of the test images, and where normal images are held out of the reference images. */
export function planCutPaste(basis: Basis): Graph {
  const { normal, test, reference } = basis.images;
  if (normal === null) throw new RangeError('expected normal training images, got none');
  const classifier = classifierNode(basis, normal);
  return {
    stages,
    nodes: [
      classifier,
      ...(test === null ? [] : [distancesNode(basis, classifier, 'test', test)]),
      ...(reference === null ? [] : [distancesNode(basis, classifier, 'reference', reference)]),
    ],
    groups: {},
    artifacts: ['classifier', 'distances'],
  };
}

function classifierNode({ settings, imageSize, retries, pretrained }: Basis, images: ImageFacts): GraphNode {
  const { steps, batchSize, learningRate } = settings;
  const id = 'classifier';
  const stretches = stretchesOf(steps);
  return graphNode(
    classifierKind,
    {
      recipe: recipes.classifier,
      seed: seedOf(settings.seed, 'cutpaste', 0, retries[id]),
      steps,
      batchSize,
      learningRate,
      imagesDigest: images.digest,
      imageSize,
      ...pretrainedSpec(recipes.pretrained, pretrained),
    },
    {
      id,
      images: 'normal',
      stage: 'train',
      total: stretches.count,
      unit: 'epoch',
      imagesPerUnit: stretches.steps * batchSize,
      artifact: 'classifier',
    },
  );
}

function distancesNode(
  { imageSize }: Basis,
  classifier: GraphNode,
  images: 'test' | 'reference',
  facts: ImageFacts,
): GraphNode {
  return graphNode(
    distancesKind,
    {
      recipe: recipes.distances,
      classifier: classifier.key,
      imagesDigest: facts.digest,
      imageSize,
    },
    {
      id: images === 'test' ? 'distances' : 'reference distances',
      images,
      stage: 'score',
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      ...(images === 'test' ? { artifact: 'distances' } : {}),
      scores: [{ score: 'mahalanobis', images, tensor: 'mahalanobis' }],
    },
  );
}
