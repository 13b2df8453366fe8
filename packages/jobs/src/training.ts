export { type Batch, batchesOf } from './batches.ts';
export type { Collapse } from './collapse.ts';
export type { EpochFigures, StepFigures } from './epoch-figures.ts';
export { cycle, inSequence, type Turns } from './phase-turns.ts';
export {
  type PhasedOutcome,
  type PhasedTraining,
  type ResumablePhases,
  runPhases,
  type StepPlace,
} from './phased-training.ts';
export { type ResumableStep, runTraining, type TrainingLoop, type TrainingOutcome } from './training-loop.ts';
