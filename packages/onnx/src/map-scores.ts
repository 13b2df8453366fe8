import {
  foregroundGrey,
  leastBrightness,
  peakWindow,
  type Reduction,
  reducedName,
  reductions,
  topPixels,
} from '@ddad/contract';
import type { GraphBuilder, Value } from './graph-builder.ts';

/**
 * Version of what every pipeline makes of its maps. Raise it whenever that changes (a test holds the graph against a recorded one): kept
 * files of all methods are made again then.
 */
export const mapScoresVersion = 1;

/** What scores take of the images whose maps they are of, as `@ddad/anomaly` has it. */
export interface ImageLevels {
  /** [N], never 0 */
  brightness: Value;
  /** 1 where a pixel counts, [N,1,H,W]; never 0 everywhere. */
  foreground: Value;
}

/** @param grey 0 to 255 as floats, [N,1,H,W] */
export function imageLevels(graph: GraphBuilder, grey: Value): ImageLevels {
  const share = graph.op('Div', [grey, graph.scalar(255)]);
  const square = mean(graph, graph.op('Mul', [share, share]));
  const brightness = graph.op('Max', [graph.op('Sqrt', [square]), graph.scalar(leastBrightness)]);
  // Half a grey level below, so that rounding does not decide.
  const bright = graph.op('Cast', [graph.op('Greater', [grey, graph.scalar(foregroundGrey - 0.5)])], {
    to: 1,
  });
  const any = graph.op('ReduceMax', [bright], { axes: [1, 2, 3], keepdims: 1 });
  const all = graph.op('Sub', [graph.scalar(1), any]);
  return { brightness, foreground: graph.op('Add', [bright, all]) };
}

/** Of each image: [N,1,H,W] to [N]. */
const mean = (graph: GraphBuilder, values: Value): Value =>
  graph.op('ReduceMean', [values], { axes: [1, 2, 3], keepdims: 0 });

/** As `@ddad/anomaly` has them of one map. */
function reduce(
  graph: GraphBuilder,
  map: Value,
  side: number,
  { brightness, foreground }: ImageLevels,
): Record<Reduction, Value> {
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
    foreground: graph.op('Div', [mean(graph, graph.op('Mul', [map, foreground])), mean(graph, foreground)]),
  };
}

/**
 * Makes a heat map, and all image scores that it gives, results of a model: `NAME` (its mean), what `reducedName` calls the
 * others, [N] each, and `NAME_map`.
 * @param map [N,1,side,side]
 * @param levels of the images
 */
export function outputMap(
  graph: GraphBuilder,
  name: string,
  map: Value,
  side: number,
  levels: ImageLevels,
): void {
  graph.output(name, mean(graph, map), ['N']);
  const reduced = reduce(graph, map, side, levels);
  for (const reduction of reductions) graph.output(reducedName(name, reduction), reduced[reduction], ['N']);
  graph.output(`${name}_map`, map, ['N', 1, side, side]);
}
