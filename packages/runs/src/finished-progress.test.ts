import { expect, it } from 'vitest';
import { finishedProgress } from './finished-progress.ts';
import { parseRunResult } from './run-result.ts';
import { RunTracker } from './run-tracker.ts';

const [network, scores] = ['a'.repeat(64), 'b'.repeat(64)];
const member = { role: 'net', index: 1, seed: 7, key: network, trainer: 't1', seconds: 12, loss: 0.5 };
const result = parseRunResult(
  {
    runId: 'r',
    dataset: 'brain',
    synthetic: false,
    method: 'gan',
    seed: 0,
    scores: null,
    members: [{ ...member, reused: false }],
    artifacts: { sums: scores, none: null },
    seconds: { total: 20 },
    files: { report: 'reports/r/report.json', page: null, scores: null },
  },
  'a test',
);

it('lists what the result names as finished', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(finishedProgress(result), 0);
  tracker.applyResult(result);
  expect(tracker.view(0)).toMatchObject({
    stage: 'finished',
    elapsed: 20,
    jobs: [
      { name: 'net 1', key: network, state: 'finished', worker: 't1', loss: 0.5, seconds: 12 },
      { name: 'sums', key: scores, state: 'finished', worker: null },
    ],
  });
});

it('lets losses be found by trying the kinds that there are', async () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(finishedProgress(result), 0);
  const historyOf = async (kind: string, key: string) =>
    kind === 'trained-nets' && key === network ? [0.75] : null;
  await tracker.recall(historyOf, new AbortController().signal, ['scored-sums', 'trained-nets']);
  expect(tracker.view(0).jobs.map(({ losses }) => losses)).toEqual([[[1, 0.75]], []]);
});

it('says how the method differs from its source, where the result does', () => {
  const deviationsOf = (changes: object) => {
    const tracker = new RunTracker(0);
    tracker.applyQuery(finishedProgress({ ...result, ...changes }), 0);
    return tracker.view(0).deviations;
  };
  expect(deviationsOf({ deviations: ['no pretrained weights'] })).toEqual(['no pretrained weights']);
  expect(deviationsOf({})).toEqual([]);
});
