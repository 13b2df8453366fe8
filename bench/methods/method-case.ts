/** A training step of a method, as the bench times it. `NAME.ts` exports it as `methodCase`; `NAME.py` is its peer. */
export interface MethodCase {
  /** Images a step, for the images a second. */
  batchSize: number;
  /** Makes the network, compiles its step where that takes no input, and gives what a step is from then on. */
  open(): MethodStep;
}

export interface MethodStep {
  /**
   * One step on random images: of a training of several phases a turn of each, as its schedule has them.
   * @param number of the step, from 0
   */
  run(number: number): void;
  /** Makes a step's inputs as the training does, alone: told as `inputMs` beside the step; absent where that is next to nothing. */
  inputs?(number: number): void;
}
