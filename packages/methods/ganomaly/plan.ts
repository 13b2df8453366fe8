import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import { generatorKind, recipes, scoresKind } from './kinds.ts';
import type { GanomalySettings } from './settings.ts';

type Basis = PlanBasis<GanomalySettings>;

const stages = [
  { name: 'train', title: 'training' },
  { name: 'score', title: 'scoring' },
];

/** The generator of the normal images; scores of the test images, and where normal images are held out of the reference images. */
export function planGanomaly(basis: Basis): Graph {
  const { normal, test, reference } = basis.images;
  if (normal === null) throw new RangeError('expected normal training images, got none');
  const generator = generatorNode(basis, normal);
  return {
    stages,
    nodes: [
      generator,
      ...(test === null ? [] : [scoresNode(basis, generator, 'test', test)]),
      ...(reference === null ? [] : [scoresNode(basis, generator, 'reference', reference)]),
    ],
    groups: {},
    artifacts: ['generator', 'scores'],
  };
}

function generatorNode(basis: Basis, images: ImageFacts): GraphNode {
  const { settings, retries } = basis;
  const { epochs, batchSize, learningRate } = settings;
  const id = 'generator';
  return graphNode(
    generatorKind,
    {
      recipe: recipes.generator,
      seed: seedOf(settings.seed, 'ganomaly', 0, retries[id]),
      epochs,
      batchSize,
      learningRate,
      imagesDigest: images.digest,
      imageSize: basis.imageSize,
    },
    {
      id,
      images: 'normal',
      stage: 'train',
      total: epochs,
      unit: 'epoch',
      imagesPerUnit: Math.floor(images.count / batchSize) * batchSize,
      artifact: 'generator',
    },
  );
}

function scoresNode(
  basis: Basis,
  generator: GraphNode,
  images: 'test' | 'reference',
  facts: ImageFacts,
): GraphNode {
  return graphNode(
    scoresKind,
    {
      recipe: recipes.scores,
      generator: generator.key,
      imagesDigest: facts.digest,
      imageSize: basis.imageSize,
    },
    {
      id: images === 'test' ? 'scores' : 'reference scores',
      images,
      stage: 'score',
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      ...(images === 'test' ? { artifact: 'scores' } : {}),
      scores: [
        { score: 'latentError', images, tensor: 'latentError' },
        { score: 'residual', images, tensor: 'residual', map: 'residual' },
      ],
    },
  );
}
