import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import type { OneStageDefinition } from './definition.ts';
import type { OneStageKinds } from './kinds.ts';
import type { OneStageSettings } from './settings.ts';

type Basis = PlanBasis<OneStageSettings>;

/** A method with its kinds. */
export interface PlannedMethod {
  definition: OneStageDefinition;
  kinds: OneStageKinds;
}

const stages = [
  { name: 'train', title: 'training' },
  { name: 'score', title: 'scoring' },
];

/** The network; maps of the test images, and where normal images are held out of the reference images. */
export function planOneStage(method: PlannedMethod, basis: Basis): Graph {
  const { test, reference } = basis.images;
  const network = networkNode(method, basis);
  return {
    stages,
    nodes: [
      network,
      ...(test === null ? [] : [mapsNode(method, basis, network, 'test', test)]),
      ...(reference === null ? [] : [mapsNode(method, basis, network, 'reference', reference)]),
    ],
    groups: {},
    artifacts: ['network', 'maps'],
  };
}

function networkNode({ definition, kinds }: PlannedMethod, { settings, imageSize, images, retries }: Basis) {
  const { epochs, batchSize, learningRate } = settings;
  const { normal, training } = images;
  if (normal === null) throw new RangeError('expected normal training images, got none');
  const starred = training !== null && training.count > normal.count;
  const id = 'network';
  return graphNode(
    kinds.network,
    {
      recipe: definition.recipes.network,
      seed: seedOf(settings.seed, definition.name, 0, retries[id]),
      epochs,
      batchSize,
      learningRate,
      imagesDigest: starred ? training.digest : normal.digest,
      imageSize,
      ...(starred ? { normals: normal.count } : {}),
    },
    {
      id,
      images: starred ? 'training' : 'normal',
      stage: 'train',
      total: epochs,
      unit: 'epoch',
      imagesPerUnit: Math.floor(normal.count / batchSize) * batchSize,
      artifact: 'network',
    },
  );
}

function mapsNode(
  { definition, kinds }: PlannedMethod,
  { imageSize }: Basis,
  network: GraphNode,
  images: 'test' | 'reference',
  facts: ImageFacts,
): GraphNode {
  return graphNode(
    kinds.maps,
    {
      recipe: definition.recipes.maps,
      network: network.key,
      imagesDigest: facts.digest,
      imageSize,
    },
    {
      id: images === 'test' ? 'maps' : 'reference maps',
      images,
      stage: 'score',
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      ...(images === 'test' ? { artifact: 'maps' } : {}),
      scores: [{ score: 'predicted', images, tensor: 'predicted', map: 'predicted' }],
    },
  );
}
