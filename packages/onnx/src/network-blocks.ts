import { type Block, epsilon } from '@ddad/models/block';
import type { NamedTensor } from '@ddad/storage/safetensors';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** A network's tensors under PyTorch's names and layouts, as its safetensors file holds them. */
export type Weights = ReadonlyMap<string, NamedTensor>;

/** A network within a graph: its weights get names that start with `prefix`. */
export interface Network {
  graph: GraphBuilder;
  prefix: string;
  weights: Weights;
}

/**
 * Adds blocks in a row.
 * @throws Error that names the tensor, where one is missing
 */
export function addBlocks(network: Network, blocks: readonly Block[], x: Value): Value {
  return blocks.reduce((input, block) => addBlock(network, block, input), x);
}

function addBlock(network: Network, block: Block, x: Value): Value {
  const { graph } = network;
  const { name, layer, kernel, stride, bias, norm, from, to } = block;
  const parameters = [
    addWeight(network, `${name}.weight`),
    ...(bias ? [addWeight(network, `${name}.bias`)] : []),
  ];
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
  const normal = graph.op(
    'BatchNormalization',
    [
      y,
      addWeight(network, `${norm}.weight`),
      addWeight(network, `${norm}.bias`),
      addWeight(network, `${norm}.running_mean`),
      addWeight(network, `${norm}.running_var`),
    ],
    { epsilon },
  );
  return graph.op('Relu', [normal]);
}

/** Splits [N,2,H,W] into two values of one channel each, under their names. */
export function splitChannels(graph: GraphBuilder, both: Value, first: Value, second: Value): [Value, Value] {
  graph.node('Split', [both, graph.integers([1, 1])], { axis: 1 }, [first, second]);
  return [first, second];
}

/**
 * Adds one of a network's tensors.
 * @throws Error that names the tensor, where it is missing
 */
export function addWeight({ graph, prefix, weights }: Network, name: string): Value {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new Error(`weights: expected a tensor ${name}, got none`);
  return graph.weight(`${prefix}${name}`, tensor);
}
