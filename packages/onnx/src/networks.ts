import type { Backbone } from '@ddad/contract';
import { decoderBlocks, encoderBlocks, memoryName, refinerBlocks } from '@ddad/models/architecture';
import { type Block, epsilon } from '@ddad/models/block';
import type { NamedTensor } from '@ddad/storage/safetensors';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** A network's tensors under PyTorch's names and layouts, as its safetensors file holds them. */
export type Weights = ReadonlyMap<string, NamedTensor>;

/** What a member makes of images: both [N,1,H,W]; variance (σ², eq. 5) is null where the network estimates none. */
export interface Reconstruction {
  image: Value;
  variance: Value | null;
}

/** A network within a graph: its weights get names that start with `prefix`. */
interface Network {
  graph: GraphBuilder;
  prefix: string;
  weights: Weights;
}

/**
 * Adds a member: images [N,1,H,W] in [-1,1].
 * @throws Error that names the tensor, where one is missing
 */
export function addMember(
  graph: GraphBuilder,
  { backbone, imageSize }: { backbone: Backbone; imageSize: number },
  prefix: string,
  weights: Weights,
  images: Value,
): Reconstruction {
  const network = { graph, prefix, weights };
  const codes = chain(network, encoderBlocks(imageSize), images);
  switch (backbone) {
    case 'ae':
      return { image: chain(network, decoderBlocks(1, imageSize), codes), variance: null };
    case 'memae':
      return { image: chain(network, decoderBlocks(1, imageSize), recall(network, codes)), variance: null };
    case 'aeu': {
      const both = chain(network, decoderBlocks(2, imageSize), codes);
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
  const both = chain({ graph, prefix, weights }, refinerBlocks(maps.length), input);
  const probabilities = graph.op('Softmax', [both], { axis: 1 });
  return splitChannels(graph, probabilities, `${prefix}normal`, `${prefix}anomalous`)[1];
}

function chain(network: Network, blocks: readonly Block[], x: Value): Value {
  return blocks.reduce((input, block) => addBlock(network, block, input), x);
}

function addBlock(network: Network, block: Block, x: Value): Value {
  const { graph } = network;
  const { name, layer, kernel, stride, bias, norm, from, to } = block;
  const parameters = [weight(network, `${name}.weight`), ...(bias ? [weight(network, `${name}.bias`)] : [])];
  let y: Value;
  if (layer === 'linear') {
    const flat = from === null ? x : graph.op('Flatten', [x], { axis: 1 });
    y = graph.op('Gemm', [flat, ...parameters], { transB: 1 });
  } else {
    const pad = (kernel - stride) / 2;
    y = graph.op(layer === 'convolution' ? 'Conv' : 'ConvTranspose', [x, ...parameters], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }
  if (to !== null) y = graph.op('Reshape', [y, graph.integers([-1, to.channels, to.side, to.side])]);
  if (norm === null) return y;
  const [scale, offset, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((field) =>
    weight(network, `${norm}.${field}`),
  );
  const normal = graph.op('BatchNormalization', [y, scale!, offset!, mean!, variance!], { epsilon });
  return graph.op('Relu', [normal]);
}

/** MemAE's latent codes [N,16] as a mixture of its memory's slots. */
function recall(network: Network, codes: Value): Value {
  const { graph } = network;
  const memory = weight(network, memoryName);
  const similarity = graph.op('MatMul', [codes, graph.op('Transpose', [memory], { perm: [1, 0] })]);
  return graph.op('MatMul', [graph.op('Softmax', [similarity], { axis: 1 }), memory]);
}

function splitChannels(graph: GraphBuilder, both: Value, first: Value, second: Value): [Value, Value] {
  graph.node('Split', [both, graph.integers([1, 1])], { axis: 1 }, [first, second]);
  return [first, second];
}

function weight({ graph, prefix, weights }: Network, name: string): Value {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new Error(`weights: expected a tensor ${name}, got none`);
  return graph.weight(`${prefix}${name}`, tensor);
}
