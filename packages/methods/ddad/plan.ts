import {
  type Graph,
  type GraphNode,
  graphNode,
  type ImageFacts,
  type PlanBasis,
  seedOf,
} from '@ddad/contract';
import { inWholeBatches, normalImages, scoredNodes, scoreWithMap } from '../image-nodes.ts';
import {
  type DropoutSpec,
  dsuKind,
  type KCurveSpec,
  kCurveKind,
  type MemberSpec,
  mapKind,
  memberKind,
  type RefinerInput,
  type RefinerSpec,
  type Role,
  recipes,
  reconstructsAlone,
  refinedKind,
  refinerKind,
} from './kinds.ts';
import { beta1Of } from './member-beta.ts';
import { type DdadSettings, settledK } from './settings.ts';
import { widthsOf } from './widths.ts';

type Basis = PlanBasis<DdadSettings>;

const stages = [
  { name: 'train', title: 'training' },
  { name: 'maps', title: 'maps' },
  { name: 'refine', title: 'refining' },
];

/** Fewer members have no subsets worth a curve. */
const leastForCurve = 3;
/** Of each size. */
const subsetsOfSize = 100;

/**
 * NDM members, and with unlabeled images UDM members; maps of the test images, and where normal images are held out of the
 * reference images; the dual-space uncertainty of both; the curve over k; ASR-Net for both of its inputs; refined maps. What is made of members is made of those
 * that did not fail for good.
 */
export function planDdad(basis: Basis): Graph {
  const { settings } = basis;
  const members = memberNodes(basis);
  const keysOf = (role: Role) =>
    members.flatMap(({ id, member, key }) =>
      member?.role === role && !basis.lost.includes(id) ? [key] : [],
    );
  const keys: EnsembleKeys = { ndm: keysOf('ndm'), udm: keysOf('udm') };
  const maps = mapNodes(basis, keys);
  const dsu = settings.dsu === true ? dsuNodes(basis, keys.ndm) : [];
  const curves = basis.judged ? curveNodes(basis, keys) : [];
  const refiners = settings.refiner === false ? [] : refinerNodes(basis, settings.refiner, keys);
  const refined = refiners.flatMap(({ input, node }) =>
    maps.map((of) => refinedNode(basis, input, node, of)),
  );
  const least = settings.minMembers;
  return {
    stages,
    nodes: [...members, ...maps, ...dsu, ...curves, ...refiners.map(({ node }) => node), ...refined],
    groups: least === undefined ? {} : { ndm: { least }, udm: { least } },
    artifacts: ['maps', ...(settings.dsu === true ? ['dsu'] : []), 'rIntra', 'rDual'],
  };
}

/** Keys of the members that score, by index. */
interface EnsembleKeys {
  ndm: string[];
  /** Empty in the one-class mode. */
  udm: string[];
}

function memberNodes(basis: Basis): GraphNode[] {
  const { settings, images } = basis;
  const k = settledK(settings);
  const { training } = images;
  const normal = normalImages(basis);
  const role = (name: Role, of: ImageFacts) => {
    const nodes: GraphNode[] = [];
    for (let index = 0; index < k; index++) nodes.push(memberNode(basis, name, index, of, nodes));
    return nodes;
  };
  return [...role('ndm', normal), ...(training === null ? [] : role('udm', training))];
}

/** @param before the nodes of the role's members of smaller indices */
function memberNode(
  basis: Basis,
  role: Role,
  index: number,
  images: ImageFacts,
  before: readonly GraphNode[],
): GraphNode {
  const { settings, imageSize, retries } = basis;
  const { backbone, epochs, batchSize, learningRate, dropout } = settings;
  const id = `member ${role} ${index}`;
  const seed = seedOf(settings.seed, role, index, retries[id]);
  return graphNode(
    memberKind,
    {
      recipe: recipes.member[backbone],
      backbone,
      role,
      seed,
      epochs,
      batchSize,
      learningRate,
      ...beta1Of(settings),
      imagesDigest: images.digest,
      imageSize,
      ...widthsOf(settings),
      ...precisionOf(settings),
      ...(settings.recipe === 'steady' ? { steady: recipes.steadyMember } : {}),
      ...(dropout === undefined ? {} : { dropout: dropout.rate }),
      ...repulsionOf(basis, before),
    },
    {
      id,
      images: role === 'ndm' ? 'normal' : 'training',
      stage: 'train',
      total: epochs,
      unit: 'epoch',
      imagesPerUnit: inWholeBatches(images.count, batchSize),
      group: role,
      member: { role, index, seed },
    },
  );
}

/** The members before one make a chain: each needs all of them that did not fail for good. */
function repulsionOf(
  { settings: { repulsion }, lost }: Basis,
  before: readonly GraphNode[],
): Pick<MemberSpec, 'repulsion'> {
  const earlier = before.filter(({ id }) => !lost.includes(id)).map(({ key }) => key);
  if (repulsion === undefined || earlier.length === 0) return {};
  return { repulsion: { recipe: recipes.repulsion, weight: repulsion, earlier } };
}

/** Float32 is not told: keys from before there was a choice stay. */
function precisionOf({ precision }: DdadSettings): { precision?: 'bfloat16' } {
  return precision === 'bfloat16' ? { precision } : {};
}

/** MC Dropout's part of a specification; nothing of an ensemble's. */
function dropoutOf(
  { dropout, seed }: DdadSettings,
  passes: 'passes' | 'refinerPasses',
): { dropout?: DropoutSpec } {
  if (dropout === undefined) return {};
  return { dropout: { rate: dropout.rate, passes: dropout[passes], seed: seedOf(seed, 'dropout', 0) } };
}

function ensembleOf({ settings, imageSize }: Basis, { ndm, udm }: EnsembleKeys, imagesDigest: string) {
  const { backbone } = settings;
  return { backbone, ndm, udm, imagesDigest, imageSize, ...widthsOf(settings) };
}

/** Maps of the test images and of the reference images, as far as there are any. */
function mapNodes(basis: Basis, keys: EnsembleKeys): GraphNode[] {
  const { ndm, udm } = keys;
  const dropout = dropoutOf(basis.settings, 'passes');
  return scoredNodes(basis, {
    kind: mapKind,
    id: 'maps',
    stage: 'maps',
    spec: (imagesDigest) => ({ recipe: recipes.maps, ...ensembleOf(basis, keys, imagesDigest), ...dropout }),
    scores: [
      { score: 'rec', tensor: 'rec.0', each: ndm.map((_, index) => `rec.${index}`) },
      scoreWithMap('recEnsemble'),
      ...(reconstructsAlone({ ndm, ...dropout }) ? [] : [scoreWithMap('aIntra')]),
      ...(udm.length > 0 ? [scoreWithMap('aInter')] : []),
    ],
  });
}

/** Dual-space uncertainty of the same images. */
function dsuNodes(basis: Basis, ndm: string[]): GraphNode[] {
  const { settings, imageSize } = basis;
  return scoredNodes(basis, {
    kind: dsuKind,
    id: 'dual-space uncertainty',
    artifact: 'dsu',
    stage: 'maps',
    spec: (imagesDigest) => ({
      recipe: recipes.dsu,
      backbone: settings.backbone,
      ndm,
      imagesDigest,
      imageSize,
      ...widthsOf(settings),
    }),
    scores: [scoreWithMap('dsu')],
  });
}

/**
 * Curves of the maps' means, and of their reductions. They take the same members of both roles: where some are missing, so many
 * as the smaller role has.
 */
function curveNodes(basis: Basis, keys: EnsembleKeys): GraphNode[] {
  const { ndm, udm } = keys;
  const members = udm.length === 0 ? ndm.length : Math.min(ndm.length, udm.length);
  const { test } = basis.images;
  if (members < leastForCurve || test === null) return [];
  const paired = { ndm: ndm.slice(0, members), udm: udm.slice(0, members) };
  const spec: KCurveSpec = {
    recipe: recipes.kCurve,
    ...ensembleOf(basis, paired, test.digest),
    subsets: subsetsOfSize,
  };
  const facts = {
    images: 'test',
    stage: 'maps',
    total: test.count,
    unit: 'image',
    imagesPerUnit: 1,
    curve: true,
  } as const;
  return [
    graphNode(kCurveKind, spec, { ...facts, id: 'K-curve', artifact: 'kCurve' }),
    graphNode(kCurveKind, { ...spec, of: 'reductions' }, { ...facts, id: 'K-curve of highest pixels' }),
  ];
}

const scoreOf = { dual: 'rDual', intra: 'rIntra' } as const;

function refinerNodes(
  basis: Basis,
  { epochs, batchSize, learningRate, weightDecay, recipe }: Exclude<DdadSettings['refiner'], false>,
  keys: EnsembleKeys,
): { input: RefinerInput; node: GraphNode }[] {
  const { settings } = basis;
  const normal = normalImages(basis);
  const inputs: RefinerInput[] = keys.udm.length > 0 ? ['dual', 'intra'] : ['intra'];
  return inputs.map((input) => {
    const own: EnsembleKeys = { ndm: keys.ndm, udm: input === 'dual' ? keys.udm : [] };
    const spec: RefinerSpec = {
      recipe: recipes.refiner,
      ...ensembleOf(basis, own, normal.digest),
      input,
      seed: seedOf(settings.seed, `refiner-${input}`, 0, basis.retries[`refiner ${input}`]),
      epochs,
      batchSize,
      learningRate,
      weightDecay,
      ...precisionOf(settings),
      ...(recipe === 'steady' ? { steady: recipes.steadyRefiner } : {}),
      ...dropoutOf(settings, 'refinerPasses'),
    };
    const node = graphNode(refinerKind, spec, {
      id: `refiner ${input}`,
      images: 'normal',
      stage: 'refine',
      total: epochs,
      unit: 'epoch',
      imagesPerUnit: inWholeBatches(normal.count, batchSize),
      artifact: scoreOf[input],
    });
    return { input, node };
  });
}

function refinedNode(basis: Basis, input: RefinerInput, refiner: GraphNode, maps: GraphNode): GraphNode {
  const images = maps.images === 'test' ? 'test' : 'reference';
  const count = basis.images[images]?.count ?? 0;
  return graphNode(
    refinedKind,
    { maps: maps.key, refiner: refiner.key },
    {
      id: images === 'test' ? `refined ${input}` : `reference refined ${input}`,
      images: null,
      stage: 'refine',
      total: count,
      unit: 'image',
      imagesPerUnit: 1,
      scores: [{ score: scoreOf[input], images, tensor: 'scores', map: 'maps' }],
    },
  );
}
