import {
  addResNet18,
  factsKey,
  GraphBuilder,
  inlineWeights,
  type PipelineFacts,
  type Value,
  type WeightSink,
  type Weights,
} from '@ddad/onnx';
import { imageNet } from '../../resnet18-layout.ts';
import type { ClassifierInput } from '../kinds.ts';

/**
 * Features of length 1.
 * @param images [N,1,H,W], in [-1,1]
 * @returns [N,512]
 */
function addUnitFeatures(
  graph: GraphBuilder,
  weights: Weights,
  input: ClassifierInput,
  images: Value,
): Value {
  const { features } = addResNet18(
    { graph, prefix: '', weights },
    input === 'grey' ? images : addColours(graph, images),
  );
  // As the scorer has it: a vector of zeros stays one.
  const length = graph.op('Max', [
    graph.op('ReduceL2', [features], { axes: [1], keepdims: 1 }),
    graph.scalar(1e-12),
  ]);
  return graph.op('Div', [features, length]);
}

/** The grey value as red, green and blue, each normalised as ImageNet's. [N,3,H,W] */
function addColours(graph: GraphBuilder, images: Value): Value {
  const perColour = (name: string, values: readonly number[]) =>
    graph.weight(name, { shape: [1, 3, 1, 1], data: Float32Array.from(values) });
  const unit = graph.op('Div', [graph.op('Add', [images, graph.scalar(1)]), graph.scalar(2)]);
  const centred = graph.op('Sub', [unit, perColour('ImageNet mean', imageNet.mean)]);
  return graph.op('Div', [centred, perColour('ImageNet deviation', imageNet.deviation)]);
}

/** A network's own file. */
export interface ClassifierFacts {
  format: 1;
  kind: 'classifier';
  key: string;
  imageSize: number;
  input: ClassifierInput;
}

/**
 * The part of a classifier that gives features as an ONNX model: `images` [N,1,H,W], 32-bit floats in [-1,1] (grey/127.5 − 1), to
 * `features` [N,512], of length 1.
 * @returns the file's content
 */
export function featuresModel(facts: ClassifierFacts, weights: Weights): Uint8Array {
  const graph = new GraphBuilder(inlineWeights);
  const images = graph.input('images', 'float', ['N', 1, facts.imageSize, facts.imageSize]);
  graph.output('features', addUnitFeatures(graph, weights, facts.input, images), ['N', 512]);
  return graph.build(
    'features',
    "CutPaste's features. images: grey values x in 0..255 as x/127.5 - 1, [N,1,H,W].",
    { [factsKey]: JSON.stringify(facts) },
  );
}

/** A Gaussian over features, as a distance needs it. */
export interface Whitening {
  /** [512] */
  mean: Float32Array;
  /** L⁻¹ of the covariance L·Lᵀ, [512,512] row by row. */
  inverse: Float32Array;
}

/**
 * A run's whole scorer as an ONNX model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to `mahalanobis` [N]: the
 * length of L⁻¹·(x − μ).
 * @returns the file's content
 */
export function distanceModel(
  facts: PipelineFacts & { input: ClassifierInput },
  weights: Weights,
  { mean, inverse }: Whitening,
  sink: WeightSink,
): Uint8Array {
  const { imageSize } = facts;
  const graph = new GraphBuilder(sink);
  const grey = graph.op('Cast', [graph.input('images', 'uint8', ['N', 1, imageSize, imageSize])], { to: 1 });
  const images = graph.op('Sub', [graph.op('Div', [grey, graph.scalar(127.5)]), graph.scalar(1)]);
  const features = addUnitFeatures(graph, weights, facts.input, images);
  const size = mean.length;
  const centred = graph.op('Sub', [features, graph.weight('normal mean', { shape: [1, size], data: mean })]);
  const whitened = graph.op(
    'Gemm',
    [centred, graph.weight('normal whitening', { shape: [size, size], data: inverse })],
    { transB: 1 },
  );
  graph.output('mahalanobis', graph.op('ReduceL2', [whitened], { axes: [1], keepdims: 0 }), ['N']);
  return graph.build(
    'pipeline',
    `Scores of a CutPaste run: the higher, the more abnormal. images: grey values 0..255, [N,1,${imageSize},${imageSize}].`,
    { [factsKey]: JSON.stringify(facts) },
  );
}
