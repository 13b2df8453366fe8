import { GraphBuilder } from '../graph-builder.ts';
import type { OnnxExport } from '../onnx-export.ts';
import { factsKey, type PipelineFacts } from '../pipeline-facts.ts';
import type { WeightSink } from '../weight-sinks.ts';

/** What a file of the invented method's scorer says of itself. */
export const inventedFacts: PipelineFacts = {
  format: 1,
  kind: 'pipeline',
  method: 'distillation',
  runId: 'r',
  dataset: 'd',
  imageSize: 64,
};

/** Names of the scores; all but the first have a map. */
export const inventedScores = ['near', 'far', 'zero', 'fused'];

/**
 * An invented scorer without weights: `far` is (g/127.5 - 1)² of a pixel's grey value g, `near` its mean over the pixels
 * without a map, `zero` 0 and `fused` 0.5 everywhere.
 * @param facts as the file shall carry them
 * @param names of the scores in the file
 */
export function inventedModel(facts: object, sink: WeightSink, names = inventedScores): Uint8Array {
  const graph = new GraphBuilder(sink);
  const shape = ['N', 1, 64, 64] as const;
  const grey = graph.op('Cast', [graph.input('images', 'uint8', shape)], { to: 1 });
  const x = graph.op('Sub', [graph.op('Div', [grey, graph.scalar(127.5)]), graph.scalar(1)]);
  const squares = graph.op('Mul', [x, x]);
  const zeros = graph.op('Mul', [x, graph.scalar(0)]);
  const halves = graph.op('Add', [zeros, graph.scalar(0.5)]);
  const [near = '', ...mapped] = names;
  const mean = (map: string) => graph.op('ReduceMean', [map], { axes: [1, 2, 3], keepdims: 0 });
  graph.output(near, mean(squares), ['N']);
  for (const [place, map] of [squares, zeros, halves].entries()) {
    graph.output(mapped[place] ?? '', mean(map), ['N']);
    graph.output(`${mapped[place]}_map`, map, shape);
  }
  return graph.build('pipeline', 'An invented scorer.', { [factsKey]: JSON.stringify(facts) });
}

/** An export of the invented method that counts how often it was asked for a run. */
export function inventedExport(changes: Partial<OnnxExport> = {}): OnnxExport & { asked: number } {
  return {
    asked: 0,
    version: 1,
    kinds: [],
    artifact: async () => new Uint8Array(),
    async pipeline() {
      this.asked += 1;
      return {
        imageSize: 64,
        facts: { students: 3 },
        testMaps: [],
        weightBytes: 0,
        parts: '3 students',
        build: async (facts, sink) => inventedModel(facts, sink),
      };
    },
    ...changes,
  };
}
