import type { ExperimentProgress, ExperimentResult, RunProgress } from '@ddad/contract';
import { expect, it } from 'vitest';
import { inventedProgress, student } from '../invented-method.testing.ts';
import { recordedScreen } from '../screens-for-tests.ts';
import { experimentDisplay, headline } from './experiment-display.ts';
import { followExperiment } from './follow-experiment.ts';

const run = (place: number, state: ExperimentProgress['runs'][number]['state']) => ({
  axes: { seed: place },
  workflowId: `x-0${place}`,
  runId: state === 'waiting' ? null : `r${place}`,
  state,
});

/** What the experiment answers, one after the other; the last one for ever. */
const answers: ExperimentProgress[] = [
  { stage: 'planning', runs: [] },
  { stage: 'running', runs: [run(1, 'running'), run(2, 'waiting'), run(3, 'waiting')] },
  { stage: 'running', runs: [run(1, 'finished'), run(2, 'running'), run(3, 'cancelled')] },
  { stage: 'finished', runs: [run(1, 'finished'), run(2, 'failed'), run(3, 'cancelled')] },
];

const training = inventedProgress([student(0, { state: 'finished' }), student(1, { state: 'running' })]);

function follow(
  isTerminal: boolean,
  options: { queryRun?: () => Promise<RunProgress>; detach?: AbortSignal } = {},
) {
  const screen = recordedScreen({ isTerminal, columns: 100 });
  const { promise: ended, resolve: end } = Promise.withResolvers<ExperimentResult>();
  let asked = 0;
  const following = followExperiment({
    queryProgress: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)]!;
      asked += 1;
      if (answer.stage === 'finished') end({ experimentId: 'e' } as ExperimentResult);
      return answer;
    },
    queryRun: options.queryRun ?? (async () => training),
    result: ended,
    display: experimentDisplay(screen),
    now: () => 0,
    detach: options.detach ?? new AbortController().signal,
    interval: 1,
  });
  return { following, screen };
}

it('tells a log what each run does, once', async () => {
  const { following, screen } = follow(false);
  expect(await following).toEqual({ experimentId: 'e' });
  expect(screen.shown()).toEqual([
    'x-01  seed = 1  50 % training, 1 of 2 members finished',
    'time left not known yet  16 %  0:00  0 of 3 runs finished, 1 going on, 2 waiting',
    'x-01  seed = 1  finished',
    'x-02  seed = 2  50 % training, 1 of 2 members finished',
    'x-03  seed = 3  cancelled',
    'time left not known yet  83 %  0:00  1 of 3 runs finished, 1 going on, 1 cancelled',
    'x-02  seed = 2  failed',
    '100 %  0:00  1 of 3 runs finished, 1 failed, 1 cancelled',
  ]);
});

it('keeps on a terminal what has ended, and nothing else', async () => {
  const { following, screen } = follow(true);
  await following;
  expect(screen.shown()).toEqual([
    'x-01  seed = 1  finished',
    'x-03  seed = 3  cancelled',
    'x-02  seed = 2  failed',
  ]);
});

it('shows a run that does not answer without its doings', async () => {
  const { following, screen } = follow(false, { queryRun: () => Promise.reject(new Error('no answer')) });
  await following;
  expect(screen.shown()[0]).toBe('x-01  seed = 1  running');
});

it('names the stage alone of a run that trains no members', async () => {
  const { member: _, ...scores } = student(0, { id: 'sums', stage: 'scoring' });
  const queryRun = async () => inventedProgress([scores], { stage: 'scoring' });
  const { following, screen } = follow(false, { queryRun });
  await following;
  expect(screen.shown()[0]).toBe('x-01  seed = 1  0 % scoring');
});

it('ends with the reason for which the user stops following', async () => {
  const { following } = follow(false, { detach: AbortSignal.abort('SIGTERM') });
  await expect(following).rejects.toBe('SIGTERM');
});

it('shows time and percent first, the time whole in every width', () => {
  const runs = [
    { workflowId: 'x-01', axes: {}, state: 'running' as const, doing: 'training', share: 0.419 },
    { workflowId: 'x-02', axes: {}, state: 'waiting' as const, doing: null, share: 0 },
  ];
  const left = { seconds: 3730, atLeast: false };
  const view = { stage: 'running' as const, runs, share: 0.2095, left, elapsed: 61 };
  expect(headline(view)).toBe('about 1:02:10 left  20 %  1:01  0 of 2 runs finished, 1 going on, 1 waiting');
  expect(headline(view, 8)).toMatch(/^1:02:10 {2}20 %/);
});
