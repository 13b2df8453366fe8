import type { GraphBuilder } from '../graph-session.ts';
import type { Tensor } from '../tensorflow.ts';

/** A trained tensor in its optimiser's hands. */
export interface TensorUpdate {
  value: Tensor;
  gradient: Tensor;
  /** The optimiser's own tensors, in the order of its `slots`. */
  slots: readonly Tensor[];
}

/** The same in a graph, by nodes. */
export interface GraphUpdate {
  graph: GraphBuilder;
  /** Name of the node to add that stands for the whole update. */
  node: string;
  /** The trained variable. */
  variable: string;
  /** The variables of the optimiser's own tensors, in the order of its `slots`. */
  slots: readonly string[];
  gradient: string;
  /** Nodes of what changes from step to step, and of what does not. */
  scalar: (name: string) => string;
  constant: (name: string) => string;
  /** Nodes that must have run before anything is changed. */
  after: readonly string[];
}

/** How trained tensors change by their gradients. */
export interface Optimiser {
  readonly name: 'adam' | 'sgd' | 'rmsprop';
  /** L2, added to the gradient as PyTorch's optimisers do, before anything else. */
  readonly weightDecay: number;
  /** Names of the tensors that it keeps for each trained one: as large, all zero at first. */
  readonly slots: readonly string[];
  /** Names of what `scalars` gives. */
  readonly scalarNames: readonly string[];
  /** @param step number of the step, counted from 1 */
  scalars(step: number): Record<string, number>;
  readonly constants: Readonly<Record<string, number>>;
  /** One update by plain tensor ops; @returns new tensors. */
  update(tensors: TensorUpdate, scalars: Record<string, number>): { value: Tensor; slots: Tensor[] };
  /** One update as nodes of a graph; @returns the node that stands for it. */
  addUpdate(update: GraphUpdate): string;
}

/** A number by name. @throws Error where there is none */
export function numberOf(numbers: Readonly<Record<string, number>>, name: string): number {
  const number = numbers[name];
  if (number === undefined) throw new Error(`optimiser: expected a number ${name}, got none`);
  return number;
}
