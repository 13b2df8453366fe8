import { epsilon } from '@ddad/models/block';
import {
  addWeight,
  factsKey,
  GraphBuilder,
  imageLevels,
  type Network,
  outputMap,
  type PipelineFacts,
  splitChannels,
  type Value,
  type WeightSink,
  type Weights,
} from '@ddad/onnx';

/** What a pipeline's file says of itself beside what every method's says. */
export interface DraemFacts {
  /** Key of the trained networks. */
  networks: string;
  width: number;
}

/** DRAEM's layers as operators; names are those of the parameters. */
class Layers {
  readonly #network: Network;
  readonly #graph: GraphBuilder;
  readonly #twice: Value;

  constructor(network: Network) {
    this.#network = network;
    this.#graph = network.graph;
    this.#twice = this.#graph.weight('twice the sides', { shape: [4], data: Float32Array.of(1, 1, 2, 2) });
  }

  convolution(name: string, x: Value): Value {
    const parameters = ['weight', 'bias'].map((field) => addWeight(this.#network, `${name}.${field}`));
    return this.#graph.op('Conv', [x, ...parameters], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  }

  unit(name: string, first: number, x: Value): Value {
    const fields = ['weight', 'bias', 'running_mean', 'running_var'];
    const norm = fields.map((field) => addWeight(this.#network, `${name}.${first + 1}.${field}`));
    const y = this.convolution(`${name}.${first}`, x);
    return this.#graph.op('Relu', [this.#graph.op('BatchNormalization', [y, ...norm], { epsilon })]);
  }

  block(name: string, x: Value): Value {
    return this.unit(name, 3, this.unit(name, 0, x));
  }

  half(x: Value): Value {
    return this.#graph.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
  }

  up(name: string, x: Value): Value {
    const form = { mode: 'linear', coordinate_transformation_mode: 'align_corners' };
    return this.unit(name, 1, this.#graph.op('Resize', [x, '', this.#twice], form));
  }

  joined(...maps: readonly Value[]): Value {
    return this.#graph.op('Concat', maps, { axis: 1 });
  }
}

function reconstruction(layers: Layers, images: Value): Value {
  let x = layers.block('encoder.block1', images);
  for (const number of [2, 3, 4, 5]) x = layers.block(`encoder.block${number}`, layers.half(x));
  for (const number of [1, 2, 3, 4])
    x = layers.block(`decoder.db${number}`, layers.up(`decoder.up${number}`, x));
  return layers.convolution('decoder.fin_out.0', x);
}

function segmentation(layers: Layers, maps: Value): Value {
  const levels = [layers.block('encoder_segment.block1', maps)];
  for (const number of [2, 3, 4, 5, 6])
    levels.push(layers.block(`encoder_segment.block${number}`, layers.half(levels.at(-1) as Value)));
  let x = levels.pop() as Value;
  for (const suffix of ['_b', '1', '2', '3', '4']) {
    const beside = levels.pop() as Value;
    const risen = layers.up(`decoder_segment.up${suffix}`, x);
    x = layers.block(`decoder_segment.db${suffix}`, layers.joined(risen, beside));
  }
  return layers.convolution('decoder_segment.fin_out.0', x);
}

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to `probability` and what else its
 * map gives, [N] each, and `probability_map` [N,1,H,W].
 * @param weights both networks' under their names, in PyTorch's layouts
 * @returns the file's content
 * @throws Error that names the tensor, where one is missing
 */
export function pipelineModel(
  facts: PipelineFacts & DraemFacts,
  weights: Weights,
  sink: WeightSink,
): Uint8Array {
  const { imageSize } = facts;
  const graph = new GraphBuilder(sink);
  const shape = ['N', 1, imageSize, imageSize] as const;
  const grey = graph.op('Cast', [graph.input('images', 'uint8', shape)], { to: 1 });
  const one = graph.op('Div', [grey, graph.scalar(255)]);
  const layers = new Layers({ graph, prefix: '', weights });
  const three = layers.joined(one, one, one);
  const logits = segmentation(layers, layers.joined(reconstruction(layers, three), three));
  const [, anomalous] = splitChannels(
    graph,
    graph.op('Softmax', [logits], { axis: 1 }),
    'normal',
    'anomalous',
  );
  outputMap(graph, 'probability', anomalous, imageSize, imageLevels(graph, grey));
  return graph.build(
    'pipeline',
    `Scores of a DRAEM run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}
