import type { AxisValues, RunResult, RunScores } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { inventedResult } from '../invented-method.testing.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { type Layouts, layoutsOf } from './layouts.ts';
import type { HistogramsOf } from './paper-figures.ts';

export const separation = (auc: number) => ({ auc, ap: auc - 0.125 });

/** Scores that differ by a tenth each, from the one given on. */
export function scores(near: number): RunScores {
  return {
    near: { ...separation(near), aucMean: near, aucStd: 0.0625 },
    far: separation(near + 0.1),
    fused: separation(near + 0.2),
  };
}

export function outcome(...runs: { axes: AxisValues; result: Partial<RunResult> }[]): ExperimentOutcome {
  const finished = runs.map(
    ({ axes, result }, place): FinishedRun => ({
      number: place + 1,
      axes,
      workflowId: `x-0${place + 1}`,
      result: inventedResult({ scores: scores(0.5), ...result }),
    }),
  );
  return {
    axes: Object.keys(runs[0]?.axes ?? {}),
    runs: finished,
    experiment: {
      experimentId: 'e',
      runs: finished.map(({ axes, workflowId }) => ({ axes, workflowId, runId: 'r', report: 'k' })),
      artifacts: {
        'trained-students': { made: 9, naive: 12 },
        'scored-sums': { made: 2, naive: 3 },
      },
      seconds: 61,
      files: { experiment: 'experiments/e/experiment.json' },
    },
  };
}

/** Names and texts of the layouts' files. */
export async function layoutFiles(
  methods: MethodRegistry,
  made: ExperimentOutcome,
  layouts: Layouts,
  histogramsOf: HistogramsOf,
): Promise<[name: string, text: string][]> {
  const files = layoutsOf(methods, made, layouts, histogramsOf);
  return Promise.all(files.map(async ({ name, text }): Promise<[string, string]> => [name, await text()]));
}
