import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import { networksKind, probabilitiesKind, recipes } from './kinds.ts';
import type { DraemSettings } from './settings.ts';

type Basis = PlanBasis<DraemSettings>;

const stages = [
  { name: 'train', title: 'training' },
  { name: 'score', title: 'scoring' },
];

/** Networks of the normal images; probabilities of the test images, and where normal images are held out of the reference images. */
export function planDraem(basis: Basis): Graph {
  const { normal, test, reference } = basis.images;
  if (normal === null) throw new RangeError('expected normal training images, got none');
  const networks = networksNode(basis, normal);
  return {
    stages,
    nodes: [
      networks,
      ...(test === null ? [] : [probabilitiesNode(basis, networks, 'test', test)]),
      ...(reference === null ? [] : [probabilitiesNode(basis, networks, 'reference', reference)]),
    ],
    groups: {},
    artifacts: ['networks', 'probabilities'],
  };
}

function networksNode({ settings, imageSize, retries }: Basis, images: ImageFacts): GraphNode {
  const { epochs, batchSize, learningRate, width } = settings;
  const id = 'networks';
  return graphNode(
    networksKind,
    {
      recipe: recipes.networks,
      seed: seedOf(settings.seed, 'draem', 0, retries[id]),
      epochs,
      batchSize,
      learningRate,
      width,
      imagesDigest: images.digest,
      imageSize,
    },
    {
      id,
      images: 'normal',
      stage: 'train',
      total: epochs,
      unit: 'epoch',
      imagesPerUnit: images.count,
      artifact: 'networks',
    },
  );
}

function probabilitiesNode(
  { settings, imageSize }: Basis,
  networks: GraphNode,
  images: 'test' | 'reference',
  facts: ImageFacts,
): GraphNode {
  return graphNode(
    probabilitiesKind,
    {
      recipe: recipes.probabilities,
      networks: networks.key,
      width: settings.width,
      imagesDigest: facts.digest,
      imageSize,
    },
    {
      id: images === 'test' ? 'probabilities' : 'reference probabilities',
      images,
      stage: 'score',
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      ...(images === 'test' ? { artifact: 'probabilities' } : {}),
      scores: [{ score: 'probability', images, tensor: 'probability', map: 'probability' }],
    },
  );
}
