import {
  leastBrightness,
  peakWindow,
  type Reduction,
  reducedName,
  reductions,
  topPixels,
} from '@ddad/contract';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** As `@ddad/anomaly` has it of an image. @param grey 0 to 255 as floats, [N,1,H,W] @returns [N], never 0 */
export function imageBrightness(graph: GraphBuilder, grey: Value): Value {
  const share = graph.op('Div', [grey, graph.scalar(255)]);
  const square = mean(graph, graph.op('Mul', [share, share]));
  return graph.op('Max', [graph.op('Sqrt', [square]), graph.scalar(leastBrightness)]);
}

/** Of each image: [N,1,H,W] to [N]. */
const mean = (graph: GraphBuilder, values: Value): Value =>
  graph.op('ReduceMean', [values], { axes: [1, 2, 3], keepdims: 0 });

/** As `@ddad/evaluation` has them of one map. */
function reduce(graph: GraphBuilder, map: Value, side: number, brightness: Value): Record<Reduction, Value> {
  const flat = graph.op('Flatten', [map], { axis: 1 });
  const highest = `${map} highest`;
  graph.node('TopK', [flat, graph.integers([topPixels(side * side)])], { axis: 1 }, [
    highest,
    `${map} places`,
  ]);
  const top = graph.op('ReduceMean', [highest], { axes: [1], keepdims: 0 });
  const window = peakWindow(side);
  const means = graph.op('AveragePool', [map], { kernel_shape: [window, window], strides: [1, 1] });
  return {
    top,
    peak: graph.op('ReduceMax', [means], { axes: [1, 2, 3], keepdims: 0 }),
    relative: graph.op('Div', [top, brightness]),
  };
}

/**
 * Makes a heat map, and all image scores that it gives, results of a model: `NAME` (its mean), what `reducedName` calls the
 * others, [N] each, and `NAME_map`.
 * @param map [N,1,side,side]
 * @param brightness of the images, as `imageBrightness` has it
 */
export function outputMap(
  graph: GraphBuilder,
  name: string,
  map: Value,
  side: number,
  brightness: Value,
): void {
  graph.output(name, mean(graph, map), ['N']);
  const reduced = reduce(graph, map, side, brightness);
  for (const reduction of reductions) graph.output(reducedName(name, reduction), reduced[reduction], ['N']);
  graph.output(`${name}_map`, map, ['N', 1, side, side]);
}
