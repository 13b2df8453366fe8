import {
  factsKey,
  GraphBuilder,
  imageLevels,
  outputMap,
  type PipelineFacts,
  type Value,
  type WeightSink,
  type Weights,
} from '@ddad/onnx';
import type { Role } from '../kinds.ts';
import type { Backbone } from '../settings.ts';
import type { SpecifiedWidths } from '../widths.ts';
import { addMember, addRefiner, type Reconstruction } from './networks.ts';

/** What a pipeline's file says of itself beside what every method's says: keys of the artifacts that it is made of. */
export interface DdadFacts extends SpecifiedWidths {
  backbone: Backbone;
  members: Record<Role, string[]>;
  /** Null where there is none. */
  refiners: Record<RefinedScore, string | null>;
  /** Present where reconstruction errors are all that the run scores by: there is no A_intra in the file. */
  only?: 'reconstruction';
}

/** A score that ASR-Net gives. */
export type RefinedScore = 'rIntra' | 'rDual';

/** Reads the weights of a pipeline's parts, one at a time: all of them at once may be more than memory holds. */
export interface PipelineWeights {
  member(role: Role, index: number): Promise<Weights>;
  refiner(name: RefinedScore): Promise<Weights>;
}

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to the image scores
 * `rec`, `recEnsemble`, `aIntra`, `aInter`, `rIntra`, `rDual`, [N] each, the heat maps `recEnsemble_map` and so on,
 * [N,1,H,W] each, and what else these give (`outputMap`). In the one-class mode `aInter` and `rDual` are absent,
 * in a run without refiner `rIntra` and `rDual`; `dsu` always is, as it needs gradients. As the scorer does: eqs. 3, 4, 6, 7, 10, 13.
 * @returns the file's content
 * @throws Error that names the tensor, where one is missing
 */
export async function pipelineModel(
  facts: PipelineFacts & DdadFacts,
  weights: PipelineWeights,
  sink: WeightSink,
): Promise<Uint8Array> {
  const { imageSize } = facts;
  const graph = new GraphBuilder(sink);
  const shape = ['N', 1, imageSize, imageSize] as const;
  const grey = graph.op('Cast', [graph.input('images', 'uint8', shape)], { to: 1 });
  const images = graph.op('Sub', [graph.op('Div', [grey, graph.scalar(127.5)]), graph.scalar(1)]);
  const reconstruct = async (role: Role): Promise<Reconstruction[]> => {
    const found: Reconstruction[] = [];
    for (const index of facts.members[role].keys()) {
      const own = await weights.member(role, index);
      found.push(addMember(graph, facts, `${role}.${index}.`, own, images));
    }
    return found;
  };
  const [ndm, udm] = [await reconstruct('ndm'), await reconstruct('udm')];
  const ndmImages = ndm.map(({ image }) => image);
  const mean = graph.op('Mean', ndmImages);
  const variances = ndm.flatMap(({ variance }) => variance ?? []);
  const variance = variances.length === 0 ? null : graph.op('Mean', variances);
  const deviation = variance === null ? null : graph.op('Sqrt', [variance]);
  const refined = (score: Value, uncertainty: Value | null) =>
    uncertainty === null ? score : graph.op('Div', [score, uncertainty]);
  const square = (a: Value, b: Value) => {
    const difference = graph.op('Sub', [a, b]);
    return graph.op('Mul', [difference, difference]);
  };

  let aIntra: Value | null = null;
  if (facts.only === undefined) {
    const spread = graph.op(
      'Mean',
      ndmImages.map((image) => square(mean, image)),
    );
    aIntra = refined(graph.op('Sqrt', [spread]), deviation);
  }
  const maps: [score: string, map: Value][] = [['recEnsemble', refined(square(images, mean), variance)]];
  if (aIntra !== null) maps.push(['aIntra', aIntra]);
  let aInter: Value | null = null;
  if (udm.length > 0) {
    const other = graph.op(
      'Mean',
      udm.map(({ image }) => image),
    );
    aInter = refined(graph.op('Abs', [graph.op('Sub', [mean, other])]), deviation);
    maps.push(['aInter', aInter]);
  }
  if (aIntra !== null && facts.refiners.rIntra !== null) {
    maps.push(['rIntra', addRefiner(graph, 'rIntra.', await weights.refiner('rIntra'), [aIntra])]);
  }
  if (aIntra !== null && aInter !== null && facts.refiners.rDual !== null) {
    maps.push(['rDual', addRefiner(graph, 'rDual.', await weights.refiner('rDual'), [aIntra, aInter])]);
  }

  const score = (map: Value) => graph.op('ReduceMean', [map], { axes: [1, 2, 3], keepdims: 0 });
  const [first] = ndm;
  if (first === undefined) throw new RangeError('members: expected at least one ndm, got none');
  graph.output('rec', score(refined(square(images, first.image), first.variance)), ['N']);
  const levels = imageLevels(graph, grey);
  for (const [name, map] of maps) outputMap(graph, name, map, imageSize, levels);
  return graph.build(
    'pipeline',
    `Scores of a DDAD run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}
