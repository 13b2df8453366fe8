import { z } from 'zod';
import type { AxisValues, ResolvedExperimentInput } from './experiment-input.ts';
import { runIdSchema } from './run-result.ts';

/** Workflow type that users start, on the same task queue as runs. */
export const experimentType = 'experiment';

/** How an experiment's run ends. */
export type ExperimentRunEnd = 'finished' | 'failed' | 'cancelled';

/** How an experiment's run goes. */
export type ExperimentRunState = 'waiting' | 'running' | ExperimentRunEnd;

/** A run of an experiment: a child workflow `trainEnsemble`. */
export interface ExperimentRun {
  /** Its values of the axes. */
  axes: AxisValues;
  workflowId: string;
  /** Temporal's id of the execution; null where it never began. */
  runId: string | null;
}

/** Answer of an experiment's `progress` query; each run answers its own. */
export interface ExperimentProgress {
  stage: 'planning' | 'running' | 'finished';
  runs: (ExperimentRun & { state: ExperimentRunState })[];
}

const sharingSchema = z.object({
  /** Made while the experiment went on. */
  made: z.int(),
  /** What a script without sharing would have made: the sum over the runs. */
  naive: z.int(),
});
/** What sharing artifacts of a kind by key saved. Of runs that finished; those that failed are left out on both sides. */
export type Sharing = z.infer<typeof sharingSchema>;

/** The experiment's result, and with its input `experiment.json`. */
export const experimentResultSchema = z.object({
  /** Temporal's id of the execution. */
  experimentId: runIdSchema,
  /** In the order of their combinations, the last axis varying fastest. */
  runs: z.array(
    z.object({
      axes: z.record(z.string(), z.unknown()),
      workflowId: z.string(),
      runId: runIdSchema.nullable(),
      /** Object key of the run's report.json; null where the run failed. */
      report: z.string().nullable(),
      /** Why it failed; absent where it did not. */
      failure: z.string().optional(),
    }),
  ),
  /** By kind of artifact. */
  artifacts: z.record(z.string(), sharingSchema),
  /** Wall time. */
  seconds: z.number(),
  files: z.object({ experiment: z.string() }),
});
export type ExperimentResult = z.infer<typeof experimentResultSchema>;

/** Object key of an experiment's file. */
export function experimentKey(experimentId: string): string {
  return `experiments/${experimentId}/experiment.json`;
}

/** What `experiment.json` holds. */
export interface ExperimentFile extends ExperimentResult {
  input: ResolvedExperimentInput;
}
