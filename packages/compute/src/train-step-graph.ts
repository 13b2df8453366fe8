import { adamScalarNames, adamScalars } from './adam.ts';
import { productsInBfloat16 } from './bfloat16.ts';
import { type Feed, GraphBuilder, type GraphSession } from './graph-session.ts';
import { type Recording, recordTwice } from './recording.ts';
import type { Shapes } from './tensor-data.ts';
import { differentiate, moment, type TrainStepDefinition, type Variables } from './train-step-definition.ts';

/** Records the step with two sets of arbitrary values, so that nothing that depends on them gets frozen into the graph. */
function recordStep(definition: TrainStepDefinition): Recording {
  const shapes: Shapes = {
    ...definition.trainable,
    ...definition.buffers,
    ...definition.frozen,
    ...definition.inputs,
  };
  return recordTwice(shapes, (args) => differentiate(definition, args));
}

/** Prefix of the nodes of a copy of the step; the first copy's have none. */
const place = (copy: number) => (copy === 0 ? '' : `${copy}/`);

/** A recorded step on its way into a graph, as often as one call may do it. */
interface StepCopies {
  graph: GraphBuilder;
  definition: TrainStepDefinition;
  recording: Recording;
  constants: readonly string[];
}

/** The tensors that a step renews. */
const renewed = ({ trainable, buffers }: TrainStepDefinition) => Object.keys({ ...trainable, ...buffers });

/**
 * Adds what a copy of the step is given, each behind all of the copy before it: its values are read anew, and what its
 * inputs alone decide (a batch taken from frozen images) is not made, and kept, before its time.
 * @returns the node that stands for an argument of the recording
 */
function addArguments({ graph, definition }: StepCopies, copy: number): (name: string) => string {
  const { inputs } = definition;
  const [here, before] = [place(copy), place(copy - 1)];
  for (const [name, shape] of Object.entries(inputs)) graph.placeholder(`${here}input/${name}`, shape);
  for (const name of adamScalarNames) graph.placeholder(`${here}adam/${name}`, []);
  if (copy === 0) return (name) => (name in inputs ? `input/${name}` : `read/${name}`);
  const own = new Set(renewed(definition));
  for (const name of own) graph.read(`${here}read/${name}`, name, [`${before}update/${name}`]);
  for (const name of Object.keys(inputs)) {
    graph.add({
      name: `${here}given/${name}`,
      op: 'Identity',
      inputs: [`${here}input/${name}`, `^${before}loss`],
      attributes: [graph.typeAttribute('T')],
    });
  }
  // What is frozen is read once for all copies.
  return (name) => {
    if (name in inputs) return `${here}given/${name}`;
    return own.has(name) ? `${here}read/${name}` : `read/${name}`;
  };
}

/** Adds a copy of the step: `loss` is its result, and has all of its updates done. */
function addStep(copies: StepCopies, copy: number): void {
  const { graph, definition, recording, constants } = copies;
  const here = place(copy);
  const argument = addArguments(copies, copy);
  const { results, readers } = graph.addRecording(`${here}step`, recording, constants, argument);
  const result = (name: string): string => {
    const node = results.get(name);
    if (node === undefined) throw new Error(`the step gives no ${name}`);
    return node;
  };
  // Whoever reads the old value must have finished: the update works in place, and copies the variable otherwise.
  const afterReading = (name: string) => [argument(name), ...(readers.get(name) ?? [])];
  const updates: string[] = [];
  for (const name of Object.keys(definition.trainable)) {
    const gradient = result(`grad/${name}`);
    updates.push(
      graph.add({
        name: `${here}update/${name}`,
        op: 'ResourceApplyAdam',
        inputs: [
          ...[name, moment('m', name), moment('v', name)].map((variable) => `var/${variable}`),
          `${here}adam/beta1Power`,
          `${here}adam/beta2Power`,
          `${here}adam/learningRate`,
          'adam/beta1',
          'adam/beta2',
          `${here}adam/epsilon`,
          gradient,
          ...afterReading(name).map((node) => `^${node}`),
        ],
        attributes: [graph.typeAttribute('T')],
      }),
    );
    // Gradients alone are asked for of one step.
    if (copy > 0) continue;
    graph.add({
      name: `gradient/${name}`,
      op: 'Identity',
      inputs: [gradient],
      attributes: [graph.typeAttribute('T')],
    });
  }
  for (const name of Object.keys(definition.buffers))
    updates.push(graph.assign(`${here}update/${name}`, name, result(`buffer/${name}`), afterReading(name)));
  graph.add({
    name: `${here}loss`,
    op: 'Identity',
    inputs: [result('loss'), ...updates.map((node) => `^${node}`)],
    attributes: [graph.typeAttribute('T')],
  });
}

/** The steps of one call in a row: whoever asks for the first n losses has n steps done, and the others left out. */
function buildGraph(definition: TrainStepDefinition): GraphSession {
  const { trainable, buffers, frozen = {}, optimiser, stepsACall = 1 } = definition;
  const recorded = recordStep(definition);
  const recording =
    definition.precision === 'bfloat16' ? productsInBfloat16(recorded, Object.keys(trainable)) : recorded;
  const graph = new GraphBuilder();
  for (const [name, shape] of Object.entries({ ...trainable, ...buffers, ...frozen }))
    graph.variable(name, shape);
  for (const [name, shape] of Object.entries(trainable)) {
    graph.variable(moment('m', name), shape);
    graph.variable(moment('v', name), shape);
  }
  for (const name of ['beta1', 'beta2'] as const) {
    const bytes = new Uint8Array(Float32Array.of(optimiser[name]).buffer);
    graph.add({ name: `adam/${name}`, op: 'Const', inputs: [], value: { dtype: 1, shape: [], bytes } });
  }
  const constants = graph.addConstants('step', recording);
  for (let copy = 0; copy < stepsACall; copy++) addStep({ graph, definition, recording, constants }, copy);
  return graph.load();
}

/** A step's variables in a TensorFlow session, where a call does up to `stepsACall` steps. */
export function graphVariables(definition: TrainStepDefinition): Variables {
  const session = buildGraph(definition);
  const feedsOf = (inputs: Record<string, Float32Array>, copy: number): Feed[] =>
    Object.entries(definition.inputs).map(([name, shape]) => ({
      node: `${place(copy)}input/${name}`,
      shape,
      values: inputs[name],
    }));
  return {
    run(batches, first) {
      const feeds = batches.flatMap((inputs, copy) => {
        const scalars = adamScalars(definition.optimiser, first + copy);
        const ofAdam = adamScalarNames.map((name) => ({
          node: `${place(copy)}adam/${name}`,
          shape: [],
          values: Float32Array.of(scalars[name]),
        }));
        return [...feedsOf(inputs, copy), ...ofAdam];
      });
      const losses = batches.map((_, copy) => `${place(copy)}loss`);
      return session.run(feeds, losses).map(([loss]) => loss);
    },
    gradients(inputs) {
      const names = Object.keys(definition.trainable);
      const values = session.run(
        feedsOf(inputs, 0),
        names.map((name) => `gradient/${name}`),
      );
      return new Map(
        names.map((name, i) => [name, { shape: definition.trainable[name], data: values[i].slice() }]),
      );
    },
    read: (names) => session.readVariables(names),
    write: (values) => session.writeVariables(values),
    dispose: () => session.dispose(),
  };
}
