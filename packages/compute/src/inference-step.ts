import { withEscapes } from './escapes.ts';
import { GraphBuilder } from './graph-session.ts';
import { recordTwice } from './recording.ts';
import { assertShapes, type Shapes, type TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

/** A computation with fixed weights; shapes are TensorFlow's layouts. */
export interface InferenceStepDefinition {
  weights: ReadonlyMap<string, TensorData>;
  inputs: Shapes;
  compute: (weights: Record<string, Tensor>, inputs: Record<string, Tensor>) => Record<string, Tensor>;
  mode: 'graph' | 'eager';
}

/** Owns TensorFlow memory until it is disposed of. */
export interface InferenceStep {
  /** @returns the named results, rows last */
  run(inputs: Record<string, Float32Array>): Record<string, Float32Array>;
  dispose(): void;
}

function graphStep({ weights, inputs, compute }: InferenceStepDefinition): InferenceStep {
  const shapes: Shapes = { ...inputs };
  for (const [name, { shape }] of weights) shapes[name] = shape;
  const recording = recordTwice(shapes, (args) => compute(args, args));
  const graph = new GraphBuilder();
  for (const [name, { shape }] of weights) graph.variable(name, shape);
  for (const [name, shape] of Object.entries(inputs)) graph.placeholder(`input/${name}`, shape);
  const constants = graph.addConstants('step', recording);
  const { results } = graph.addRecording('step', recording, constants, (name) =>
    name in inputs ? `input/${name}` : `read/${name}`,
  );
  const session = graph.load();
  if (weights.size > 0) session.writeVariables(new Map([...weights].map(([name, { data }]) => [name, data])));
  const names = [...results.keys()];
  const outputs = [...results.values()];
  return {
    run(values) {
      assertShapes('inputs of the step', inputs, (name) => values[name]?.length);
      const feeds = Object.entries(inputs).map(([name, shape]) => ({
        node: `input/${name}`,
        shape,
        values: values[name]!,
      }));
      const found = session.run(feeds, outputs);
      return Object.fromEntries(names.map((name, i) => [name, found[i]!.slice()]));
    },
    dispose: () => session.dispose(),
  };
}

function eagerStep({ weights, inputs, compute }: InferenceStepDefinition): InferenceStep {
  const fixed = Object.fromEntries(
    [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data.slice(), shape)]),
  );
  return {
    run(values) {
      assertShapes('inputs of the step', inputs, (name) => values[name]?.length);
      const found: Record<string, Float32Array> = {};
      withEscapes(() =>
        tf.tidy(() => {
          const args = Object.fromEntries(
            Object.entries(inputs).map(([name, shape]) => [name, tf.tensor(values[name]!, shape)]),
          );
          for (const [name, tensor] of Object.entries(compute(fixed, args)))
            found[name] = tensor.dataSync<'float32'>().slice();
        }),
      );
      return found;
    },
    dispose() {
      for (const tensor of Object.values(fixed)) tensor.dispose();
    },
  };
}

/**
 * Makes an inference step.
 * @throws NotRecordable in `graph` mode where `compute` reads values back or depends on its inputs' values
 */
export function inferenceStep(definition: InferenceStepDefinition): InferenceStep {
  const clash = [...definition.weights.keys()].filter((name) => name in definition.inputs);
  if (clash.length > 0) throw new Error(`names of both a weight and an input: ${clash.join(', ')}`);
  return definition.mode === 'graph' ? graphStep(definition) : eagerStep(definition);
}
