import { adamScalars, adamUpdate } from './adam.ts';
import { withEscapes } from './escapes.ts';
import type { Shapes, TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';
import {
  differentiate,
  moment,
  type Tensors,
  type TrainStepDefinition,
  type Variables,
} from './train-step-definition.ts';

/** A step's variables as plain tensors; every op of a step is a call from JavaScript. */
export function eagerVariables(definition: TrainStepDefinition): Variables {
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
  const runOne = (inputs: Record<string, Float32Array>, step: number): number => {
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
  };
  return {
    run: (batches, first) => batches.map((inputs, i) => runOne(inputs, first + i)),
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
