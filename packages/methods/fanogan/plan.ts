import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import { stretchesOf } from '../stretches.ts';
import { encoderKind, ganKind, recipes, scoresKind } from './kinds.ts';
import { criticTurns, type FanoganSettings } from './settings.ts';

type Basis = PlanBasis<FanoganSettings>;

const stages = [
  { name: 'gan', title: 'training of the GAN' },
  { name: 'encoder', title: 'training of the encoder' },
  { name: 'score', title: 'scoring' },
];

/** The GAN of the normal images, its encoder; scores of the test images, and where normal images are held out of the reference images. */
export function planFanogan(basis: Basis): Graph {
  const { normal, test, reference } = basis.images;
  if (normal === null) throw new RangeError('expected normal training images, got none');
  const gan = ganNode(basis, normal);
  const encoder = encoderNode(basis, gan, normal);
  return {
    stages,
    nodes: [
      gan,
      encoder,
      ...(test === null ? [] : [scoresNode(basis, gan, encoder, 'test', test)]),
      ...(reference === null ? [] : [scoresNode(basis, gan, encoder, 'reference', reference)]),
    ],
    groups: {},
    artifacts: ['gan', 'encoder', 'scores'],
  };
}

function ganNode(basis: Basis, images: ImageFacts): GraphNode {
  const { settings, retries } = basis;
  const { width, batchSize, generatorSteps, learningRate } = settings;
  const id = 'gan';
  const stretches = stretchesOf(generatorSteps);
  return graphNode(
    ganKind,
    {
      recipe: recipes.gan,
      seed: seedOf(settings.seed, 'fanogan', 0, retries[id]),
      width,
      batchSize,
      steps: generatorSteps,
      learningRate,
      imagesDigest: images.digest,
      imageSize: basis.imageSize,
    },
    {
      id,
      images: 'normal',
      stage: 'gan',
      total: stretches.count,
      unit: 'epoch',
      imagesPerUnit: stretches.steps * criticTurns * batchSize,
      artifact: 'gan',
    },
  );
}

function encoderNode(basis: Basis, gan: GraphNode, images: ImageFacts): GraphNode {
  const { settings, retries } = basis;
  const { width, batchSize, encoderSteps, encoderLearningRate } = settings;
  const id = 'encoder';
  const stretches = stretchesOf(encoderSteps);
  return graphNode(
    encoderKind,
    {
      recipe: recipes.encoder,
      seed: seedOf(settings.seed, 'fanogan-encoder', 0, retries[id]),
      gan: gan.key,
      width,
      batchSize,
      steps: encoderSteps,
      learningRate: encoderLearningRate,
      imagesDigest: images.digest,
      imageSize: basis.imageSize,
    },
    {
      id,
      images: 'normal',
      stage: 'encoder',
      total: stretches.count,
      unit: 'epoch',
      imagesPerUnit: stretches.steps * batchSize,
      artifact: 'encoder',
    },
  );
}

function scoresNode(
  basis: Basis,
  gan: GraphNode,
  encoder: GraphNode,
  images: 'test' | 'reference',
  facts: ImageFacts,
): GraphNode {
  return graphNode(
    scoresKind,
    {
      recipe: recipes.scores,
      gan: gan.key,
      encoder: encoder.key,
      width: basis.settings.width,
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
        { score: 'izif', images, tensor: 'izif' },
        { score: 'residual', images, tensor: 'residual', map: 'residual' },
      ],
    },
  );
}
