import {
  leastBrightness,
  peakWindow,
  type Reduction,
  reducedName,
  reductions,
  topPixels,
} from '@ddad/contract';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** As `@ddad/anomaly` has them of one map. */
const reduce: Record<Reduction, (graph: GraphBuilder, map: Value, side: number, grey: Value) => Value> = {
  top(graph, map, side) {
    const flat = graph.op('Flatten', [map], { axis: 1 });
    // Made for two reductions, under a name each.
    const highest = `${flat} highest`;
    graph.node('TopK', [flat, graph.integers([topPixels(side * side)])], { axis: 1 }, [
      highest,
      `${flat} places`,
    ]);
    return graph.op('ReduceMean', [highest], { axes: [1], keepdims: 0 });
  },
  peak(graph, map, side) {
    const window = peakWindow(side);
    const means = graph.op('AveragePool', [map], { kernel_shape: [window, window], strides: [1, 1] });
    return graph.op('ReduceMax', [means], { axes: [1, 2, 3], keepdims: 0 });
  },
  relative(graph, map, side, grey) {
    const share = graph.op('Div', [grey, graph.scalar(255)]);
    const square = graph.op('ReduceMean', [graph.op('Mul', [share, share])], {
      axes: [1, 2, 3],
      keepdims: 0,
    });
    const brightness = graph.op('Max', [graph.op('Sqrt', [square]), graph.scalar(leastBrightness)]);
    return graph.op('Div', [reduce.top(graph, map, side, grey), brightness]);
  },
};

/**
 * Makes a heat map, and all image scores that it gives, results of a model: `NAME` (its mean), what `reducedName` calls the
 * others, [N] each, and `NAME_map`.
 * @param map [N,1,side,side]
 * @param grey of the images, 0 to 255 as floats, [N,1,H,W]
 */
export function outputMap(graph: GraphBuilder, name: string, map: Value, side: number, grey: Value): void {
  graph.output(name, graph.op('ReduceMean', [map], { axes: [1, 2, 3], keepdims: 0 }), ['N']);
  for (const reduction of reductions) {
    graph.output(reducedName(name, reduction), reduce[reduction](graph, map, side, grey), ['N']);
  }
  graph.output(`${name}_map`, map, ['N', 1, side, side]);
}
