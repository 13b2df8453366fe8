import {
  factsKey,
  GraphBuilder,
  imageLevels,
  inlineWeights,
  outputMap,
  type Value,
  type WeightSink,
  type Weights,
} from '@ddad/onnx';
import { addEncoderDecoder } from './network.ts';

/** What a file says of itself: of any form, with the side of its images in pixels. */
interface FileFacts extends Record<string, unknown> {
  imageSize: number;
}

const map = (graph: GraphBuilder, weights: Weights, grey: Value): Value =>
  graph.op('Sigmoid', [addEncoderDecoder({ graph, prefix: '', weights }, grey)]);

/**
 * A network as an ONNX model: `images` [N,1,H,W], 32-bit floats in [-1,1] (grey/127.5 − 1), to `predicted` [N,1,H,W] in 0..1.
 * @returns the file's content
 * @throws Error that names the tensor, where one is missing
 */
export function networkModel(facts: FileFacts, weights: Weights): Uint8Array {
  const graph = new GraphBuilder(inlineWeights);
  const shape = ['N', 1, facts.imageSize, facts.imageSize] as const;
  const images = graph.input('images', 'float', shape);
  const grey = graph.op('Div', [graph.op('Add', [images, graph.scalar(1)]), graph.scalar(2)]);
  graph.output('predicted', map(graph, weights, grey), shape);
  return graph.build(
    'network',
    'Finds anomalies in images. images: grey values x in 0..255 as x/127.5 - 1, [N,1,H,W].',
    { [factsKey]: JSON.stringify(facts) },
  );
}

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to the map `predicted_map` [N,1,H,W]
 * and the image scores that it gives (`outputMap`), [N] each.
 * @returns the file's content
 * @throws Error that names the tensor, where one is missing
 */
export function pipelineModel(facts: FileFacts, weights: Weights, sink: WeightSink): Uint8Array {
  const { imageSize } = facts;
  const graph = new GraphBuilder(sink);
  const bytes = graph.input('images', 'uint8', ['N', 1, imageSize, imageSize]);
  const grey = graph.op('Cast', [bytes], { to: 1 });
  const share = graph.op('Div', [grey, graph.scalar(255)]);
  outputMap(graph, 'predicted', map(graph, weights, share), imageSize, imageLevels(graph, grey));
  return graph.build(
    'pipeline',
    `Scores of a run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}
