import {
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
import { blocks, codeMaps } from '../architecture.ts';
import { addConvolution, addLinear, addNorm, addResidualBlock, type Norm } from './layers.ts';

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,64,64], grey values 0 to 255 as unsigned bytes, to `izif` and `residual`, [N] each,
 * `residual_map` [N,1,64,64], and what else that gives (`outputMap`).
 * @throws Error that names the tensor, where one is missing
 */
export function pipelineModel(
  facts: PipelineFacts & { width: number },
  weights: Weights,
  sink: WeightSink,
): Uint8Array {
  const { imageSize, width } = facts;
  const graph = new GraphBuilder(sink);
  const network: Network = { graph, prefix: '', weights };
  const shape = ['N', 1, imageSize, imageSize] as const;
  const grey = graph.op('Cast', [graph.input('images', 'uint8', shape)], { to: 1 });
  const images = graph.op('Sub', [graph.op('Div', [grey, graph.scalar(127.5)]), graph.scalar(1)]);
  const made = addGenerator(network, width, addEncoder(network, width, images));
  const square = (a: Value, b: Value) => {
    const difference = graph.op('Sub', [a, b]);
    return graph.op('ReduceMean', [graph.op('Mul', [difference, difference])], {
      axes: [1, 2, 3],
      keepdims: 0,
    });
  };
  const features = (x: Value) => addTrunk(network, 'critic', 'layer', width, imageSize, x);
  // The critic's weights are in the graph once, for both.
  const [real, fake] = [features(images), features(made)];
  graph.output('izif', graph.op('Add', [square(images, made), square(real, fake)]), ['N']);
  outputMap(
    graph,
    'residual',
    graph.op('Abs', [graph.op('Sub', [images, made])]),
    imageSize,
    imageLevels(graph, grey),
  );
  return graph.build(
    'pipeline',
    `Scores of an f-AnoGAN run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}

/** Images to maps [N,8·width,4,4]. */
function addTrunk(
  network: Network,
  prefix: 'critic' | 'encoder',
  norm: Norm,
  width: number,
  side: number,
  images: Value,
): Value {
  const entry = addConvolution(network, `${prefix}.input`, images, { kernel: 3, bias: true });
  return blocks.down.reduce(
    (x, { name, inputs }, i) =>
      addResidualBlock(network, `${prefix}.${name}`, x, {
        resample: 'down',
        norm,
        maps: { channels: inputs * width, side: side / 2 ** i },
      }),
    entry,
  );
}

function addEncoder(network: Network, width: number, images: Value): Value {
  const { graph } = network;
  const maps = addTrunk(network, 'encoder', 'batch', width, 64, images);
  const flat = graph.op('Flatten', [maps], { axis: 1 });
  return graph.op('Tanh', [addLinear(network, 'encoder.output', flat)]);
}

function addGenerator(network: Network, width: number, code: Value): Value {
  const { graph } = network;
  const { channels, side } = codeMaps(width);
  const maps = graph.op('Reshape', [
    addLinear(network, 'generator.input', code),
    graph.integers([-1, channels, side, side]),
  ]);
  const body = blocks.up.reduce(
    (x, { name, inputs }, i) =>
      addResidualBlock(network, name, x, {
        resample: 'up',
        norm: 'batch',
        maps: { channels: inputs * width, side: side * 2 ** i },
      }),
    maps,
  );
  const normal = graph.op('Relu', [addNorm(network, 'batch', 'generator.norm', body)]);
  return graph.op('Tanh', [addConvolution(network, 'generator.output', normal, { kernel: 3, bias: true })]);
}
