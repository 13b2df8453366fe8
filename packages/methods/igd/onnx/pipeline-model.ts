import {
  addWeight,
  factsKey,
  GraphBuilder,
  imageLevels,
  outputMap,
  type PipelineFacts,
  type WeightSink,
  type Weights,
} from '@ddad/onnx';
import { imageNet } from '../../resnet18-layout.ts';
import { Layers } from './layers.ts';
import { addDissimilarity } from './similarity.ts';

/** What a pipeline's file says of itself beside what every method's says. */
export interface IgdFacts {
  /** Key of the trained networks. */
  networks: string;
  width: number;
}

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to `igd`, `residual` and what else its map
 * gives, [N] each, and `residual_map` [N,1,H,W].
 * @param weights of the networks under their names, in PyTorch's layouts, with `centre` and `sigma`; the critic's are not needed
 * @returns the file's content
 * @throws Error that names the tensor, where one is missing
 */
export function pipelineModel(
  facts: PipelineFacts & IgdFacts,
  weights: Weights,
  sink: WeightSink,
): Uint8Array {
  const { imageSize, width } = facts;
  const graph = new GraphBuilder(sink);
  const network = { graph, prefix: '', weights };
  const grey = graph.op('Cast', [graph.input('images', 'uint8', ['N', 1, imageSize, imageSize])], { to: 1 });
  const channels = imageNet.mean.map((mean, at) => {
    const share = graph.op('Div', [grey, graph.scalar(255)]);
    return graph.op('Div', [
      graph.op('Sub', [share, graph.scalar(mean)]),
      graph.scalar(imageNet.deviation[at]!),
    ]);
  });
  const x = graph.op('Concat', channels, { axis: 1 });
  const layers = new Layers(network);
  const codes = layers.codes(x);
  const { each, map } = addDissimilarity(graph, x, layers.reconstruction(codes, imageSize, width), imageSize);
  const drift = graph.op('Sub', [codes, addWeight(network, 'centre')]);
  const squares = graph.op('ReduceSum', [graph.op('Mul', [drift, drift]), graph.integers([1])], {
    keepdims: 0,
  });
  const near = graph.op('Exp', [graph.op('Neg', [graph.op('Div', [squares, addWeight(network, 'sigma')])])]);
  const distance = graph.op('Sub', [graph.scalar(1), near]);
  graph.output('igd', graph.op('Mul', [graph.op('Add', [each, distance]), graph.scalar(0.5)]), ['N']);
  outputMap(graph, 'residual', map, imageSize, imageLevels(graph, grey));
  return graph.build(
    'pipeline',
    `Scores of an IGD run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}
