import { type AdamSettings, adamScalarNames, adamScalars, adamUpdate } from './adam.ts';
import { productsInBfloat16 } from './bfloat16.ts';
import { letEscape, withEscapes } from './escapes.ts';
import { type Feed, GraphBuilder, type GraphSession } from './graph-session.ts';
import { type Recording, recordTwice } from './recording.ts';
import { assertShapes, type Shapes, sizeOf, type TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

type Tensors = Record<string, Tensor>;

/** What a training step computes, as ordinary functions over tfjs tensors; shapes are TensorFlow's layouts. */
export interface TrainStepDefinition {
  /** What the optimiser changes. */
  trainable: Shapes;
  /** What the loss function itself renews, like running statistics. */
  buffers: Shapes;
  /** What never changes, like the members that a refiner reads. */
  frozen?: Shapes;
  /** What the caller gives with every step. */
  inputs: Shapes;
  loss: (
    weights: Tensors,
    buffers: Tensors,
    inputs: Tensors,
    frozen: Tensors,
  ) => { loss: Tensor; buffers: Tensors };
  optimiser: AdamSettings;
  /**
   * Of the matrix products and convolutions that trainable tensors have a part in, and of the maps between them; default float32. Of what frozen tensors
   * give, like the maps that a refiner reads, all is float32. Only where `mode` is `graph`.
   */
  precision?: 'float32' | 'bfloat16' | undefined;
  /** `graph` records the step once and runs it as one TensorFlow call; `eager` calls every op from JavaScript. */
  mode: 'graph' | 'eager';
}

/** A training step with its state. Owns TensorFlow memory until it is disposed of. */
export interface TrainStep {
  /** Number of steps done. */
  readonly steps: number;
  /** One step; @returns the loss before it. */
  run(inputs: Record<string, Float32Array>): number;
  /** Trainable tensors and buffers by name. */
  read(): Map<string, TensorData>;
  /** Everything needed to go on: trainable tensors, buffers, Adam's moments (`adam.m.NAME`, `adam.v.NAME`). */
  readState(): { steps: number; tensors: Map<string, TensorData> };
  /** Sets trainable tensors and buffers; moments become zero and the step count 0. */
  write(tensors: ReadonlyMap<string, TensorData>): void;
  /** Sets what never changes. */
  writeFrozen(tensors: ReadonlyMap<string, TensorData>): void;
  writeState(state: { steps: number; tensors: ReadonlyMap<string, TensorData> }): void;
  /** Gradients of the trainable tensors at the current state, which stays as it is. */
  gradients(inputs: Record<string, Float32Array>): Map<string, TensorData>;
  dispose(): void;
}

const moment = (kind: 'm' | 'v', name: string) => `adam.${kind}.${name}`;

/** Loss, new buffers and gradients (`grad/NAME`, weight decay added) of one step. */
function differentiate(definition: TrainStepDefinition, args: Tensors): Tensors {
  const pick = (shapes: Shapes): Tensors =>
    Object.fromEntries(Object.keys(shapes).map((name) => [name, args[name]]));
  const names = Object.keys(definition.trainable);
  const weights = names.map((name) => args[name]);
  let renewed: Tensors = {};
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const byName = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const result = definition.loss(
      byName,
      pick(definition.buffers),
      pick(definition.inputs),
      pick(definition.frozen ?? {}),
    );
    renewed = Object.fromEntries(
      Object.entries(result.buffers).map(([name, tensor]) => [name, letEscape(tensor)]),
    );
    return result.loss;
  })(weights);
  const results: Tensors = { loss: value };
  for (const [name, tensor] of Object.entries(renewed)) results[`buffer/${name}`] = tensor;
  names.forEach((name, i) => {
    const decay = definition.optimiser.weightDecay;
    results[`grad/${name}`] = decay === 0 ? grads[i] : tf.add(grads[i], tf.mul(weights[i], decay));
  });
  return results;
}

function assertInputs(definition: TrainStepDefinition, inputs: Record<string, Float32Array>): void {
  assertShapes('inputs of the step', definition.inputs, (name) => inputs[name]?.length);
}

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

function buildGraph(definition: TrainStepDefinition): GraphSession {
  const { trainable, buffers, frozen = {}, inputs, optimiser } = definition;
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
  for (const [name, shape] of Object.entries(inputs)) graph.placeholder(`input/${name}`, shape);
  for (const name of adamScalarNames) graph.placeholder(`adam/${name}`, []);
  for (const name of ['beta1', 'beta2'] as const) {
    const bytes = new Uint8Array(Float32Array.of(optimiser[name]).buffer);
    graph.add({ name: `adam/${name}`, op: 'Const', inputs: [], value: { dtype: 1, shape: [], bytes } });
  }
  const argument = (name: string) => (name in inputs ? `input/${name}` : `read/${name}`);
  const { results, readers } = graph.addRecording('step', recording, argument);
  const result = (name: string): string => {
    const node = results.get(name);
    if (node === undefined) throw new Error(`the step gives no ${name}`);
    return node;
  };
  const updates: string[] = [];
  for (const name of Object.keys(trainable)) {
    // Whoever reads the old value must have finished: the update works in place, and copies the variable otherwise.
    const after = [`read/${name}`, ...(readers.get(name) ?? [])];
    const gradient = result(`grad/${name}`);
    updates.push(
      graph.add({
        name: `update/${name}`,
        op: 'ResourceApplyAdam',
        inputs: [
          ...[name, moment('m', name), moment('v', name)].map((variable) => `var/${variable}`),
          'adam/beta1Power',
          'adam/beta2Power',
          'adam/learningRate',
          'adam/beta1',
          'adam/beta2',
          'adam/epsilon',
          gradient,
          ...after.map((node) => `^${node}`),
        ],
        attributes: [graph.typeAttribute('T')],
      }),
    );
    graph.add({
      name: `gradient/${name}`,
      op: 'Identity',
      inputs: [gradient],
      attributes: [graph.typeAttribute('T')],
    });
  }
  for (const name of Object.keys(buffers)) {
    const after = [`read/${name}`, ...(readers.get(name) ?? [])];
    updates.push(graph.assign(`update/${name}`, name, result(`buffer/${name}`), after));
  }
  graph.add({
    name: 'loss',
    op: 'Identity',
    inputs: [result('loss'), ...updates.map((node) => `^${node}`)],
    attributes: [graph.typeAttribute('T')],
  });
  return graph.load();
}

/** Variables behind both modes: a graph's, or plain tensors. */
interface Variables {
  step(inputs: Record<string, Float32Array>, step: number): number;
  gradients(inputs: Record<string, Float32Array>): Map<string, TensorData>;
  read(names: string[]): Map<string, TensorData>;
  write(values: ReadonlyMap<string, Float32Array>): void;
  dispose(): void;
}

function graphVariables(definition: TrainStepDefinition): Variables {
  const session = buildGraph(definition);
  const feedsOf = (inputs: Record<string, Float32Array>): Feed[] =>
    Object.entries(definition.inputs).map(([name, shape]) => ({
      node: `input/${name}`,
      shape,
      values: inputs[name],
    }));
  return {
    step(inputs, step) {
      const scalars = adamScalars(definition.optimiser, step);
      const feeds = feedsOf(inputs);
      for (const name of adamScalarNames)
        feeds.push({ node: `adam/${name}`, shape: [], values: Float32Array.of(scalars[name]) });
      return session.run(feeds, ['loss'])[0][0];
    },
    gradients(inputs) {
      const names = Object.keys(definition.trainable);
      const values = session.run(
        feedsOf(inputs),
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

function eagerVariables(definition: TrainStepDefinition): Variables {
  const shapes: Shapes = { ...definition.trainable, ...definition.buffers, ...definition.frozen };
  for (const [name, shape] of Object.entries(definition.trainable)) {
    shapes[moment('m', name)] = shape;
    shapes[moment('v', name)] = shape;
  }
  const state = new Map<string, Tensor>();
  const set = (name: string, tensor: Tensor) => {
    state.get(name)?.dispose();
    state.set(name, tf.keep(tensor));
  };
  const get = (name: string): Tensor => {
    const tensor = state.get(name);
    if (tensor === undefined) throw new Error(`${name} has no value yet`);
    return tensor;
  };
  const inScope = (inputs: Record<string, Float32Array>, use: (results: Tensors) => void) =>
    withEscapes(() => {
      tf.tidy(() => {
        const args: Tensors = {};
        for (const name of Object.keys({
          ...definition.trainable,
          ...definition.buffers,
          ...definition.frozen,
        }))
          args[name] = get(name);
        for (const [name, shape] of Object.entries(definition.inputs))
          args[name] = tf.tensor(inputs[name], shape);
        use(differentiate(definition, args));
      });
    });
  return {
    step(inputs, step) {
      let loss = Number.NaN;
      const scalars = adamScalars(definition.optimiser, step);
      inScope(inputs, (results) => {
        loss = results.loss.dataSync()[0];
        for (const name of Object.keys(definition.trainable)) {
          const [m, v] = [moment('m', name), moment('v', name)];
          const gradient = results[`grad/${name}`];
          const next = adamUpdate(definition.optimiser, scalars, {
            value: get(name),
            m: get(m),
            v: get(v),
            gradient,
          });
          set(name, next.value);
          set(m, next.m);
          set(v, next.v);
        }
        // Cloned, as the escaped tensor itself ends with the scope.
        for (const name of Object.keys(definition.buffers)) set(name, tf.clone(results[`buffer/${name}`]));
      });
      return loss;
    },
    gradients(inputs) {
      const found = new Map<string, TensorData>();
      inScope(inputs, (results) => {
        for (const [name, shape] of Object.entries(definition.trainable)) {
          found.set(name, { shape, data: results[`grad/${name}`].dataSync<'float32'>().slice() });
        }
      });
      return found;
    },
    read: (names) =>
      new Map(
        names.map((name) => [name, { shape: shapes[name], data: get(name).dataSync<'float32'>().slice() }]),
      ),
    write(values) {
      for (const [name, data] of values) set(name, tf.tensor(data.slice(), shapes[name]));
    },
    dispose() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
    },
  };
}

/**
 * Makes a training step: loss, gradients, Adam's update and new buffers in one call.
 * @throws NotRecordable in `graph` mode where the loss function reads values back or depends on its inputs' values
 * @throws RangeError in `eager` mode with bfloat16, which tfjs does not know
 */
export function trainStep(definition: TrainStepDefinition): TrainStep {
  if (definition.mode === 'eager' && definition.precision === 'bfloat16')
    throw new RangeError('mode: expected graph with precision bfloat16, got eager');
  const variables = definition.mode === 'graph' ? graphVariables(definition) : eagerVariables(definition);
  const own: Shapes = { ...definition.trainable, ...definition.buffers };
  const moments: Shapes = {};
  for (const [name, shape] of Object.entries(definition.trainable)) {
    moments[moment('m', name)] = shape;
    moments[moment('v', name)] = shape;
  }
  const pick = (
    what: string,
    shapes: Shapes,
    tensors: ReadonlyMap<string, TensorData>,
  ): Map<string, Float32Array> => {
    assertShapes(what, shapes, (name) => tensors.get(name)?.data.length);
    return new Map(Object.keys(shapes).map((name) => [name, (tensors.get(name) as TensorData).data]));
  };
  let steps = 0;
  return {
    get steps() {
      return steps;
    },
    run(inputs) {
      assertInputs(definition, inputs);
      const loss = variables.step(inputs, steps + 1);
      steps += 1;
      return loss;
    },
    gradients(inputs) {
      assertInputs(definition, inputs);
      return variables.gradients(inputs);
    },
    read: () => variables.read(Object.keys(own)),
    readState: () => ({ steps, tensors: variables.read(Object.keys({ ...own, ...moments })) }),
    write(tensors) {
      const values = pick('weights', own, tensors);
      for (const [name, shape] of Object.entries(moments)) values.set(name, new Float32Array(sizeOf(shape)));
      variables.write(values);
      steps = 0;
    },
    writeFrozen: (tensors) => variables.write(pick('frozen weights', definition.frozen ?? {}, tensors)),
    writeState(state) {
      variables.write(pick('checkpoint', { ...own, ...moments }, state.tensors));
      steps = state.steps;
    },
    dispose: () => variables.dispose(),
  };
}
