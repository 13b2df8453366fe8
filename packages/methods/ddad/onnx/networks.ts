import {
  decoderBlocks,
  encoderBlocks,
  memoryName,
  refinerBlocks,
  type Widths,
} from '@ddad/models/architecture';
import {
  addBlocks,
  addWeight,
  type GraphBuilder,
  type Network,
  splitChannels,
  type Value,
  type Weights,
} from '@ddad/onnx';
import type { Backbone } from '../settings.ts';

/** What a member makes of images: both [N,1,H,W]; variance (σ², eq. 5) is null where the network estimates none. */
export interface Reconstruction {
  image: Value;
  variance: Value | null;
}

/**
 * Adds a member: images [N,1,H,W] in [-1,1].
 * @throws Error that names the tensor, where one is missing
 */
export function addMember(
  graph: GraphBuilder,
  { backbone, imageSize, ...widths }: { backbone: Backbone; imageSize: number } & Widths,
  prefix: string,
  weights: Weights,
  images: Value,
): Reconstruction {
  const network = { graph, prefix, weights };
  const codes = addBlocks(network, encoderBlocks(imageSize, widths), images);
  switch (backbone) {
    case 'ae':
      return { image: addBlocks(network, decoderBlocks(1, imageSize, widths), codes), variance: null };
    case 'memae': {
      const recalled = recall(network, codes);
      return { image: addBlocks(network, decoderBlocks(1, imageSize, widths), recalled), variance: null };
    }
    case 'aeu': {
      const both = addBlocks(network, decoderBlocks(2, imageSize, widths), codes);
      const [image, logVariance] = splitChannels(graph, both, `${prefix}image`, `${prefix}log-variance`);
      return { image, variance: graph.op('Exp', [logVariance]) };
    }
  }
}

/** Adds ASR-Net: maps [N,1,H,W] each to the anomaly's probability [N,1,H,W]. */
export function addRefiner(
  graph: GraphBuilder,
  prefix: string,
  weights: Weights,
  maps: readonly [Value] | readonly [Value, Value],
): Value {
  const input = maps.length === 1 ? maps[0] : graph.op('Concat', maps, { axis: 1 });
  const both = addBlocks({ graph, prefix, weights }, refinerBlocks(maps.length), input);
  const probabilities = graph.op('Softmax', [both], { axis: 1 });
  return splitChannels(graph, probabilities, `${prefix}normal`, `${prefix}anomalous`)[1];
}

/** MemAE's latent codes [N,L] as a mixture of its memory's slots. */
function recall(network: Network, codes: Value): Value {
  const { graph } = network;
  const memory = addWeight(network, memoryName);
  const similarity = graph.op('MatMul', [codes, graph.op('Transpose', [memory], { perm: [1, 0] })]);
  return graph.op('MatMul', [graph.op('Softmax', [similarity], { axis: 1 }), memory]);
}
