import type { PlannedPhase, StepPlan } from './step-plan.ts';
import type { TensorData } from './tensor-data.ts';

/** What a step tells, of before its update. */
export interface StepFigures {
  loss: number;
  /** What its loss function wants to be watched, by name. */
  watched: Record<string, number>;
}

/** Variables behind both modes: a graph's, or plain tensors. */
export interface Variables {
  /** @param first number of the first of these steps in its phase, counted from 1 */
  run(phase: string, batches: readonly Record<string, Float32Array>[], first: number): StepFigures[];
  gradients(phase: string, inputs: Record<string, Float32Array>): Map<string, TensorData>;
  read(names: string[]): Map<string, TensorData>;
  write(values: ReadonlyMap<string, Float32Array>): void;
  dispose(): void;
}

/** @throws RangeError that names the phases there are */
export function phaseOf(plan: StepPlan, name: string): PlannedPhase {
  const phase = plan.phases.get(name);
  if (phase === undefined)
    throw new RangeError(`phase: expected one of ${[...plan.phases.keys()].join(', ')}, got ${name}`);
  return phase;
}

const watchPrefix = 'watch/';

/** Names of the watched scalars among a step's results. */
export function watchedOf(results: readonly string[]): string[] {
  return results.filter((name) => name.startsWith(watchPrefix)).map((name) => name.slice(watchPrefix.length));
}
