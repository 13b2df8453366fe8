import { epsilon } from '@ddad/models/block';
import {
  addWeight,
  factsKey,
  GraphBuilder,
  imageLevels,
  type Network,
  outputMap,
  type PipelineFacts,
  type Value,
  type WeightSink,
  type Weights,
} from '@ddad/onnx';
import { type Convolution, codeMaps, doublings, halvings, parts } from '../architecture.ts';

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to `latentError` and `residual`,
 * [N] each, `residual_map` [N,1,H,W], and what else that gives (`outputMap`). Batch normalisation by the statistics of a batch of one
 * image is instance normalisation, with the same scale and offset.
 * @throws Error that names the tensor, where one is missing
 */
export function pipelineModel(facts: PipelineFacts, weights: Weights, sink: WeightSink): Uint8Array {
  const { imageSize } = facts;
  const graph = new GraphBuilder(sink);
  const network: Network = { graph, prefix: '', weights };
  const shape = ['N', 1, imageSize, imageSize] as const;
  const grey = graph.op('Cast', [graph.input('images', 'uint8', shape)], { to: 1 });
  const images = graph.op('Sub', [graph.op('Div', [grey, graph.scalar(127.5)]), graph.scalar(1)]);
  const code = addEncoder(network, parts.encoder, images);
  const image = addDecoder(network, parts.decoder, imageSize, code);
  const drift = graph.op('Sub', [code, addEncoder(network, parts.second, image)]);
  const latentError = graph.op('ReduceMean', [graph.op('Mul', [drift, drift])], { axes: [1], keepdims: 0 });
  graph.output('latentError', latentError, ['N']);
  outputMap(
    graph,
    'residual',
    graph.op('Abs', [graph.op('Sub', [images, image])]),
    imageSize,
    imageLevels(graph, grey),
  );
  return graph.build(
    'pipeline',
    `Scores of a GANomaly run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}

function addEncoder(network: Network, prefix: string, images: Value): Value {
  const { graph } = network;
  const maps = halvings(prefix).reduce((x, layer) => addConvolution(network, 'Conv', layer, x), images);
  const flat = graph.op('Flatten', [maps], { axis: 1 });
  const hidden = graph.op('Relu', [addLinear(network, `${prefix}.linear_enc.0`, flat)]);
  return addLinear(network, `${prefix}.linear_enc.2`, hidden);
}

function addDecoder(network: Network, prefix: string, imageSize: number, code: Value): Value {
  const { graph } = network;
  const { channels, side } = codeMaps(imageSize);
  const hidden = graph.op('Relu', [addLinear(network, `${prefix}.linear_dec.0`, code)]);
  const wide = addLinear(network, `${prefix}.linear_dec.2`, hidden);
  const maps = graph.op('Reshape', [wide, graph.integers([-1, channels, side, side])]);
  return doublings(prefix).reduce((x, layer) => addConvolution(network, 'ConvTranspose', layer, x), maps);
}

function addLinear(network: Network, name: string, x: Value): Value {
  const parameters = ['weight', 'bias'].map((field) => addWeight(network, `${name}.${field}`));
  return network.graph.op('Gemm', [x, ...parameters], { transB: 1 });
}

function addConvolution(
  network: Network,
  type: 'Conv' | 'ConvTranspose',
  { name, norm }: Convolution,
  x: Value,
): Value {
  const { graph } = network;
  const y = graph.op(type, [x, addWeight(network, `${name}.weight`)], {
    kernel_shape: [4, 4],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  if (norm === null) return y;
  const affine = ['weight', 'bias'].map((field) => addWeight(network, `${norm}.${field}`));
  return graph.op('Relu', [graph.op('InstanceNormalization', [y, ...affine], { epsilon })]);
}
