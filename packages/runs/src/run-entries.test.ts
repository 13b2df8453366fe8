import { methods } from '@ddad/methods';
import { expect, it } from 'vitest';
import { conditionsOf, listedInput } from './run-entries.ts';

it('lists dataset, method and K of a run, defaults filled in', () => {
  expect(listedInput(methods, 'run', { dataset: 'brain' })).toEqual({
    dataset: 'brain',
    method: 'ddad',
    k: 3,
  });
  expect(listedInput(methods, 'run', { dataset: 'brain', k: 'auto' }).k).toBeNull();
});

it('lists nothing of an input that was refused', () => {
  const nothing = { dataset: null, method: null, k: null };
  expect(listedInput(methods, 'run', { dataset: 'brain', method: 'none' })).toEqual(nothing);
  expect(listedInput(methods, 'run', 'brain')).toEqual(nothing);
});

it("lists what all of an experiment's runs share", () => {
  const experiment = { base: { dataset: 'brain' }, axes: { k: [3, 5], seed: [0, 1] } };
  expect(listedInput(methods, 'experiment', experiment)).toEqual({
    dataset: 'brain',
    method: 'ddad',
    k: null,
  });
  const seeds = { base: { dataset: 'brain', k: 5 }, axes: { seed: [0, 1] } };
  expect(listedInput(methods, 'experiment', seeds).k).toBe(5);
});

it('has the server look for states and times as it calls them', () => {
  const since = new Date('2026-01-02T00:00:00Z');
  expect(conditionsOf({ statuses: ['running', 'cancelled', 'timed out'], since, dataset: 'brain' })).toEqual([
    "ExecutionStatus IN ('Running', 'Canceled', 'TimedOut')",
    "StartTime >= '2026-01-02T00:00:00.000Z'",
  ]);
  expect(conditionsOf({})).toEqual([]);
});
