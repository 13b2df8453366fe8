import { expect, it } from 'vitest';
import { fairest, type RunIdentity } from './fairness.ts';

function run(id: string, startedAt: number): RunIdentity {
  return { workflowId: id, runId: id, startedAt };
}

const job = (name: string, ...wants: { run: RunIdentity; order: number }[]) => ({ name, wants });
const old = run('old', 100);
const young = run('young', 200);

it('chooses the run with the fewest busy workers, then the oldest run, then the lowest order', () => {
  const waiting = [
    job('young0', { run: young, order: 0 }),
    job('old2', { run: old, order: 2 }),
    job('old1', { run: old, order: 1 }),
  ];
  const busy = (of: RunIdentity) => job('busy', { run: of, order: 9 });
  expect(fairest(waiting, [])?.name).toBe('old1');
  expect(fairest(waiting, [busy(old)])?.name).toBe('young0');
  expect(fairest(waiting, [busy(old), busy(young)])?.name).toBe('old1');
  expect(fairest(waiting, [busy(young)])?.name).toBe('old1');
});

it('gives nothing where nothing waits', () => {
  expect(fairest([], [job('busy', { run: old, order: 0 })])).toBeNull();
});

it('counts a job that two runs want for each of them, and gives it the better of their places', () => {
  const third = run('third', 300);
  const shared = job('shared', { run: old, order: 0 }, { run: young, order: 0 });
  expect(
    fairest([job('old1', { run: old, order: 1 }), job('third0', { run: third, order: 0 })], [shared])?.name,
  ).toBe('third0');
  // The old run has a busy worker, the young one has none: by its place the shared job is before the third run's.
  expect(
    fairest([job('third0', { run: third, order: 0 }), shared], [job('busy', { run: old, order: 1 })])?.name,
  ).toBe('shared');
});

it('counts a run once for a job that it wants twice', () => {
  const twice = job('twice', { run: old, order: 0 }, { run: old, order: 1 });
  const waiting = [job('young1', { run: young, order: 1 }), job('old2', { run: old, order: 2 })];
  expect(fairest(waiting, [twice, job('busy', { run: young, order: 0 })])?.name).toBe('old2');
});

it('tells executions of the same workflow id apart', () => {
  const again = { ...old, runId: 'again', startedAt: 150 };
  const waiting = [job('old1', { run: old, order: 1 }), job('again0', { run: again, order: 0 })];
  expect(fairest(waiting, [job('busy', { run: old, order: 0 })])?.name).toBe('again0');
});
