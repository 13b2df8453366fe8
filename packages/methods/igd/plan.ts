import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import { pretrainedSpec } from '../pretrained-resnet18.ts';
import { networksKind, recipes, residualsKind } from './kinds.ts';
import type { IgdSettings } from './settings.ts';

type Basis = PlanBasis<IgdSettings>;

const stages = [
  { name: 'train', title: 'training' },
  { name: 'score', title: 'scoring' },
];

/** Networks of the normal images; scores of the test images, and where normal images are held out of the reference images. */
export function planIgd(basis: Basis): Graph {
  const { normal, test, reference } = basis.images;
  if (normal === null) throw new RangeError('expected normal training images, got none');
  const networks = networksNode(basis, normal);
  return {
    stages,
    nodes: [
      networks,
      ...(test === null ? [] : [residualsNode(basis, networks, 'test', test)]),
      ...(reference === null ? [] : [residualsNode(basis, networks, 'reference', reference)]),
    ],
    groups: {},
    artifacts: ['networks', 'residuals'],
  };
}

function networksNode({ settings, imageSize, retries, pretrained }: Basis, images: ImageFacts): GraphNode {
  const { epochs, batchSize, learningRate, width } = settings;
  const id = 'networks';
  return graphNode(
    networksKind,
    {
      recipe: recipes.networks,
      seed: seedOf(settings.seed, 'igd', 0, retries[id]),
      epochs,
      batchSize,
      learningRate,
      width,
      imagesDigest: images.digest,
      imageSize,
      ...pretrainedSpec(recipes.pretrained, pretrained),
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

function residualsNode(
  { settings, imageSize }: Basis,
  networks: GraphNode,
  images: 'test' | 'reference',
  facts: ImageFacts,
): GraphNode {
  return graphNode(
    residualsKind,
    {
      recipe: recipes.residuals,
      networks: networks.key,
      width: settings.width,
      imagesDigest: facts.digest,
      imageSize,
    },
    {
      id: images === 'test' ? 'residuals' : 'reference residuals',
      images,
      stage: 'score',
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      ...(images === 'test' ? { artifact: 'residuals' } : {}),
      scores: [
        { score: 'igd', images, tensor: 'igd' },
        { score: 'residual', images, tensor: 'residual', map: 'residual' },
      ],
    },
  );
}
