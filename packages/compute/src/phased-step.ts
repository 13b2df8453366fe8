import type { PhasedStepDefinition } from './phase.ts';
import { eagerVariables } from './phased-step-eager.ts';
import { graphVariables } from './phased-step-graph.ts';
import { phaseOf, type StepFigures } from './phased-variables.ts';
import { planStep } from './step-plan.ts';
import { assertShapes, type Shapes, sizeOf, type TensorData } from './tensor-data.ts';

/** Everything needed to go on with a training of several phases. */
export interface PhasedState {
  /** Steps done, of all phases together. */
  steps: number;
  /** Steps done of each phase: their sum is `steps`. */
  stepsOf: Record<string, number>;
  /** Weights, buffers and, under `PHASE/OPTIMISER.SLOT.NAME`, all optimisers' tensors. */
  tensors: Map<string, TensorData>;
}

/** A training step of several phases with its state. Owns TensorFlow memory until it is disposed of. */
export interface PhasedStep<Name extends string = string> {
  /** Number of steps done, of all phases together. */
  readonly steps: number;
  /** Number of steps done of each phase, which its learning rate and Adam's bias correction count by. */
  readonly stepsOf: Readonly<Record<Name, number>>;
  /** How many steps of one phase a call may do. */
  readonly stepsACall: number;
  /** One step of a phase; @returns its figures from before the update. */
  run(phase: Name, inputs: Record<string, Float32Array>): StepFigures;
  /** As many steps of a phase as there are batches, in order and in one call: up to `stepsACall`. */
  runSeveral(phase: Name, batches: readonly Record<string, Float32Array>[]): StepFigures[];
  /** Weights and buffers by name. */
  read(): Map<string, TensorData>;
  readState(): PhasedState;
  /** Sets all weights and buffers; the optimisers' tensors become zero and all step counts 0. */
  write(tensors: ReadonlyMap<string, TensorData>): void;
  /** Sets some weights or buffers; all else stays, the optimisers' tensors and step counts too. */
  replace(tensors: ReadonlyMap<string, TensorData>): void;
  /** Sets what never changes. */
  writeFrozen(tensors: ReadonlyMap<string, TensorData>): void;
  writeState(state: PhasedState): void;
  /** Gradients of what a phase trains at the current state, which stays as it is. */
  gradients(phase: Name, inputs: Record<string, Float32Array>): Map<string, TensorData>;
  dispose(): void;
}

/** Values of all of `shapes`, of which some may be left out. */
function valuesOf(
  what: string,
  shapes: Shapes,
  tensors: ReadonlyMap<string, TensorData>,
): Map<string, Float32Array> {
  assertShapes(what, shapes, (name) => tensors.get(name)?.data.length);
  return new Map(
    Object.keys(shapes).flatMap((name) => {
      const tensor = tensors.get(name);
      return tensor === undefined ? [] : [[name, tensor.data]];
    }),
  );
}

/**
 * Makes a training step of one or several phases: loss, gradients, the optimiser's update and new buffers of a phase in one call.
 * All phases share weights, buffers and frozen tensors, and make one state.
 * @throws NotRecordable in `graph` mode where a loss function reads values back or depends on its inputs' values
 * @throws RangeError that lists every fault of the definition; bfloat16 is not known in `eager` mode
 */
export function phasedStep<Name extends string>(definition: PhasedStepDefinition<Name>): PhasedStep<Name> {
  const plan = planStep(definition);
  const variables = plan.mode === 'graph' ? graphVariables(plan) : eagerVariables(plan);
  const own: Shapes = { ...plan.weights, ...plan.buffers };
  const names = [...plan.phases.keys()] as Name[];
  const slots: Shapes = Object.assign({}, ...[...plan.phases.values()].map((phase) => phase.slots));
  const none = () => Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  let stepsOf = none();
  const all = () => names.reduce((sum, name) => sum + stepsOf[name], 0);
  const assertInputs = (phase: Name, inputs: Record<string, Float32Array>) =>
    assertShapes('inputs of the step', phaseOf(plan, phase).inputs, (name) => inputs[name]?.length);
  const runSeveral = (phase: Name, batches: readonly Record<string, Float32Array>[]): StepFigures[] => {
    if (batches.length < 1 || batches.length > plan.stepsACall)
      throw new RangeError(`batches: expected 1 to ${plan.stepsACall}, got ${batches.length}`);
    for (const inputs of batches) assertInputs(phase, inputs);
    const figures = variables.run(phase, batches, stepsOf[phase] + 1);
    stepsOf[phase] += batches.length;
    return figures;
  };
  return {
    get steps() {
      return all();
    },
    get stepsOf() {
      return { ...stepsOf };
    },
    stepsACall: plan.stepsACall,
    run(phase, inputs) {
      const [figures] = runSeveral(phase, [inputs]);
      return figures as StepFigures;
    },
    runSeveral,
    gradients(phase, inputs) {
      assertInputs(phase, inputs);
      return variables.gradients(phase, inputs);
    },
    read: () => variables.read(Object.keys(own)),
    readState: () => ({
      steps: all(),
      stepsOf: { ...stepsOf },
      tensors: variables.read(Object.keys({ ...own, ...slots })),
    }),
    write(tensors) {
      const values = valuesOf('weights', own, tensors);
      for (const [name, shape] of Object.entries(slots)) values.set(name, new Float32Array(sizeOf(shape)));
      variables.write(values);
      stepsOf = none();
    },
    replace(tensors) {
      const unknown = [...tensors.keys()].filter((name) => own[name] === undefined);
      if (unknown.length > 0)
        throw new Error(`replaced weights: expected names of weights or buffers, got ${unknown.join(', ')}`);
      const some = Object.fromEntries(Object.entries(own).filter(([name]) => tensors.has(name)));
      if (tensors.size > 0) variables.write(valuesOf('replaced weights', some, tensors));
    },
    writeFrozen: (tensors) => variables.write(valuesOf('frozen weights', plan.frozen, tensors)),
    writeState(state) {
      const wrong = names.filter((name) => !Number.isInteger(state.stepsOf[name]));
      if (wrong.length > 0)
        throw new Error(
          `checkpoint: expected the number of steps of each phase, got none of ${wrong.join(', ')}`,
        );
      variables.write(valuesOf('checkpoint', { ...own, ...slots }, state.tensors));
      stepsOf = Object.fromEntries(names.map((name) => [name, state.stepsOf[name]])) as Record<Name, number>;
    },
    dispose: () => variables.dispose(),
  };
}
