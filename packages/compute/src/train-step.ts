import type { OptimiserSettings } from './optimisers/index.ts';
import type { LossFunction, StepOptions } from './phase.ts';
import { phasedStep } from './phased-step.ts';
import { onlyPhase } from './step-plan.ts';
import type { Shapes, TensorData } from './tensor-data.ts';

/** What a training step computes, as ordinary functions over tfjs tensors; shapes are TensorFlow's layouts. */
export interface TrainStepDefinition extends StepOptions {
  /** What the optimiser changes. */
  trainable: Shapes;
  /** What the loss function itself renews, like running statistics. */
  buffers: Shapes;
  /** What never changes, like the images that batches are taken from. */
  frozen?: Shapes;
  /** What the caller gives with every step. */
  inputs: Shapes;
  loss: LossFunction;
  optimiser: OptimiserSettings;
}

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
  /** Everything needed to go on: trainable tensors, buffers, the optimiser's tensors (Adam's moments: `adam.m.NAME`, `adam.v.NAME`). */
  readState(): { steps: number; tensors: Map<string, TensorData> };
  /** Sets trainable tensors and buffers; the optimiser's tensors become zero and the step count 0. */
  write(tensors: ReadonlyMap<string, TensorData>): void;
  /** Sets what never changes. */
  writeFrozen(tensors: ReadonlyMap<string, TensorData>): void;
  writeState(state: { steps: number; tensors: ReadonlyMap<string, TensorData> }): void;
  /** Gradients of the trainable tensors at the current state, which stays as it is. */
  gradients(inputs: Record<string, Float32Array>): Map<string, TensorData>;
  dispose(): void;
}

/**
 * Makes a training step: loss, gradients, the optimiser's update and new buffers in one call. It is a step of one phase, which has
 * no name.
 * @throws NotRecordable in `graph` mode where the loss function reads values back or depends on its inputs' values
 * @throws RangeError in `eager` mode with bfloat16, which tfjs does not know, and where `stepsACall` is no whole number from 1 on
 */
export function trainStep(definition: TrainStepDefinition): TrainStep {
  const { trainable, buffers, inputs, loss, optimiser, ...others } = definition;
  const phase = { trains: Object.keys(trainable), renews: Object.keys(buffers), inputs, loss, optimiser };
  const step = phasedStep({ ...others, weights: trainable, buffers, phases: { [onlyPhase]: phase } });
  return {
    get steps() {
      return step.steps;
    },
    stepsACall: step.stepsACall,
    run: (batch) => step.run(onlyPhase, batch).loss,
    runSeveral: (batches) => step.runSeveral(onlyPhase, batches).map(({ loss: value }) => value),
    read: () => step.read(),
    readState() {
      const { steps, tensors } = step.readState();
      return { steps, tensors };
    },
    write: (tensors) => step.write(tensors),
    writeFrozen: (tensors) => step.writeFrozen(tensors),
    writeState: ({ steps, tensors }) =>
      step.writeState({ steps, stepsOf: { [onlyPhase]: steps }, tensors: new Map(tensors) }),
    gradients: (batch) => step.gradients(onlyPhase, batch),
    dispose: () => step.dispose(),
  };
}
