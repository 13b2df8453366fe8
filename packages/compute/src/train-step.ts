import { assertShapes, type Shapes, sizeOf, type TensorData } from './tensor-data.ts';
import { moment, type TrainStepDefinition } from './train-step-definition.ts';
import { eagerVariables } from './train-step-eager.ts';
import { graphVariables } from './train-step-graph.ts';

/** A training step with its state. Owns TensorFlow memory until it is disposed of. */
export interface TrainStep {
  /** Number of steps done. */
  readonly steps: number;
  /** How many steps one call may do. */
  readonly stepsACall: number;
  /** One step; @returns the loss before it. */
  run(inputs: Record<string, Float32Array>): number;
  /**
   * As many steps as there are batches, in order and in one call: up to `stepsACall`.
   * @returns the loss before each
   */
  runSeveral(batches: readonly Record<string, Float32Array>[]): number[];
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

function assertInputs(definition: TrainStepDefinition, inputs: Record<string, Float32Array>): void {
  assertShapes('inputs of the step', definition.inputs, (name) => inputs[name]?.length);
}

/**
 * Makes a training step: loss, gradients, Adam's update and new buffers in one call.
 * @throws NotRecordable in `graph` mode where the loss function reads values back or depends on its inputs' values
 * @throws RangeError in `eager` mode with bfloat16, which tfjs does not know, and where `stepsACall` is no whole number from 1 on
 */
export function trainStep(definition: TrainStepDefinition): TrainStep {
  if (definition.mode === 'eager' && definition.precision === 'bfloat16')
    throw new RangeError('mode: expected graph with precision bfloat16, got eager');
  const { stepsACall = 1 } = definition;
  if (!(Number.isInteger(stepsACall) && stepsACall >= 1))
    throw new RangeError(`stepsACall: expected a whole number from 1 on, got ${stepsACall}`);
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
  const runSeveral = (batches: readonly Record<string, Float32Array>[]): number[] => {
    if (batches.length < 1 || batches.length > stepsACall)
      throw new RangeError(`batches: expected 1 to ${stepsACall}, got ${batches.length}`);
    for (const inputs of batches) assertInputs(definition, inputs);
    const losses = variables.run(batches, steps + 1);
    steps += batches.length;
    return losses;
  };
  return {
    get steps() {
      return steps;
    },
    stepsACall,
    run: (inputs) => runSeveral([inputs])[0],
    runSeveral,
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
