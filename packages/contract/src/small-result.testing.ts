import { type RunResult, runKeys } from './run-result.ts';

/** The result of a finished run that has a page and one score, `rec`. */
export function smallResult(changes: Partial<RunResult> = {}): RunResult {
  return {
    runId: 'r',
    dataset: 'brain',
    synthetic: false,
    method: 'ddad',
    definitions: [{ name: 'rec', symbol: { letter: 'A', index: '' }, meaning: '', map: false, rank: 0 }],
    seed: 0,
    scores: { rec: { auc: 1, ap: 1 } },
    members: [],
    artifacts: {},
    seconds: { total: 1 },
    files: { report: runKeys.report('r'), page: runKeys.page('r'), scores: runKeys.scores('r') },
    ...changes,
  };
}
