import { scaleWeights, windowMatrixOf } from '@ddad/models/similarity-window';
import type { GraphBuilder, Value } from '@ddad/onnx';
import { structuralShare } from '../loss-shares.ts';
import { scalesOf, stretchMatrix, valueRange } from '../shape.ts';

/** A matrix [rows, columns] and its transpose, as weights of the graph. */
function matrices(
  graph: GraphBuilder,
  name: string,
  data: Float32Array,
  [rows, columns]: readonly [number, number],
): { left: Value; right: Value } {
  const turned = data.map((_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);
  return {
    left: graph.weight(name, { shape: [rows, columns], data }),
    right: graph.weight(`${name}, transposed`, { shape: [columns, rows], data: turned }),
  };
}

/**
 * How unlike images and reconstructions are, as `dissimilarity` and `residualMap` have it.
 * @param x normalised images [N,3,S,S]; so is y
 * @returns `each` [N], `map` [N,1,S,S]
 */
export function addDissimilarity(
  graph: GraphBuilder,
  x: Value,
  y: Value,
  imageSize: number,
): { each: Value; map: Value } {
  const { scales, window } = scalesOf(imageSize);
  const weights = scaleWeights[scales];
  const op = (type: string, ...inputs: readonly Value[]) => graph.op(type, inputs);
  const scaled = (value: Value, factor: number) => op('Mul', value, graph.scalar(factor));
  const plus = (value: Value, sum: number) => op('Add', value, graph.scalar(sum));
  const square = (value: Value) => op('Mul', value, value);
  const [c1, c2] = [(0.01 * valueRange) ** 2, (0.03 * valueRange) ** 2];

  let [a, b, side] = [x, y, imageSize];
  const factors: Value[] = [];
  const lacking: Value[] = [];
  weights.forEach((weight, scale) => {
    const windows = side - window + 1;
    const means = matrices(graph, `window of ${side}`, windowMatrixOf(side, { window, padding: 'none' }), [
      side,
      windows,
    ]);
    const mean = (maps: Value) => op('MatMul', means.right, op('MatMul', maps, means.left));
    const [meanA, meanB] = [mean(a), mean(b)];
    const [squareA, squareB, product] = [square(meanA), square(meanB), op('Mul', meanA, meanB)];
    const varianceA = op('Sub', mean(square(a)), squareA);
    const varianceB = op('Sub', mean(square(b)), squareB);
    const covariance = op('Sub', mean(op('Mul', a, b)), product);
    const contrast = op('Div', plus(scaled(covariance, 2), c2), plus(op('Add', varianceA, varianceB), c2));
    const luminance = op('Div', plus(scaled(product, 2), c1), plus(op('Add', squareA, squareB), c1));
    const similarity = op('Mul', luminance, contrast);
    const last = scale === weights.length - 1;
    const overall = graph.op('ReduceMean', [last ? similarity : contrast], { axes: [2, 3], keepdims: 0 });
    factors.push(op('Pow', op('Max', overall, graph.scalar(1e-12)), graph.scalar(weight)));
    const stretch = matrices(graph, `stretch from ${windows}`, stretchMatrix(windows, imageSize), [
      imageSize,
      windows,
    ]);
    const whole = op('MatMul', stretch.left, op('MatMul', op('Relu', similarity), stretch.right));
    lacking.push(scaled(op('Sub', graph.scalar(1), whole), weight));
    if (last) return;
    const pool = { kernel_shape: [2, 2], strides: [2, 2] };
    [a, b, side] = [graph.op('AveragePool', [a], pool), graph.op('AveragePool', [b], pool), side / 2];
  });

  const similarity = graph.op('ReduceMean', [factors.reduce((all, one) => op('Mul', all, one))], {
    axes: [1],
    keepdims: 0,
  });
  const absolute = scaled(op('Abs', op('Sub', x, y)), 1 / valueRange);
  const structural = scaled(op('Sub', graph.scalar(1), similarity), structuralShare);
  const difference = graph.op('ReduceMean', [absolute], { axes: [1, 2, 3], keepdims: 0 });
  const both = op(
    'Add',
    scaled(graph.op('Sum', lacking), structuralShare),
    scaled(absolute, 1 - structuralShare),
  );
  return {
    each: op('Add', structural, scaled(difference, 1 - structuralShare)),
    map: graph.op('ReduceMean', [op('Relu', both)], { axes: [1], keepdims: 1 }),
  };
}
