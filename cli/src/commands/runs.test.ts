import { runKeys } from '@ddad/contract';
import type { RunFilter } from '@ddad/runs';
import { memoryStore } from '@ddad/storage/testing';
import { expect, it } from 'vitest';
import { inventedMethods, inventedProgress, inventedResult } from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { RunEntry } from '../temporal-runs.ts';
import { listRunsCommand, type RunsOptions } from './runs.ts';

const now = new Date('2026-01-02T10:00:00Z');
const entry = (id: string, status: RunEntry['status'], changes: Partial<RunEntry> = {}): RunEntry => ({
  ...{ kind: 'run', id, executionId: `of-${id}`, status, dataset: 'brain', method: 'distillation', k: 3 },
  started: new Date('2026-01-02T09:00:00Z'),
  closed: status === 'running' ? null : new Date('2026-01-02T09:01:00Z'),
  ...changes,
});
const all = [
  entry('held', 'running'),
  entry('going', 'running'),
  entry('mute', 'running'),
  entry('done', 'completed'),
  entry('unreported', 'completed'),
  entry('rows', 'running', { kind: 'experiment', k: null }),
];

async function runs(options: Partial<RunsOptions> = {}, there = all) {
  const screens = recordedScreens();
  const store = memoryStore();
  await store.put(runKeys.report('of-done'), JSON.stringify(inventedResult()));
  const asked: RunFilter[] = [];
  const progressed: string[] = [];
  const document = await listRunsCommand(
    {
      runs: {
        async list(limit, filter = {}) {
          asked.push(filter);
          return there.slice(0, limit);
        },
        async progress({ id }) {
          progressed.push(id);
          if (id === 'mute') throw new Error('no answer');
          return inventedProgress([], { stage: id.startsWith('held') ? 'paused' : 'training' });
        },
      },
      store: async () => store,
      methods: inventedMethods,
      screens,
      now: () => now,
    },
    { limit: 20, ...options },
  );
  return { document, asked: asked[0]!, progressed, out: screens.out.text(), err: screens.err.text() };
}

it('tells paused runs from those that go on, and gives finished ones the AUC of their main score', async () => {
  const { document, out } = await runs();
  expect(document.map(({ id, status, stage, auc }) => [id, status, stage, auc])).toEqual([
    ['held', 'paused', 'paused', null],
    ['going', 'running', 'training', null],
    ['mute', 'running', null, null],
    ['done', 'completed', null, { score: 'fused', value: 0.8794 }],
    ['unreported', 'completed', null, null],
    ['rows', 'running', null, null],
  ]);
  expect(out).toMatch(/^held +paused +brain +distillation +3 /m);
  expect(out).toMatch(/^done +completed +brain +distillation +3 +87\.9 +fused +.* 1:00$/m);
  expect(out).toMatch(/^rows +running \(experiment\) +brain +distillation +– /m);
});

it('asks the server for what it knows, and looks itself for paused ones', async () => {
  const { document, asked } = await runs({ status: ['paused'], dataset: 'brain', since: 3600_000 });
  expect(document.map(({ id }) => id)).toEqual(['held']);
  expect(asked).toEqual({
    dataset: 'brain',
    method: undefined,
    statuses: ['running'],
    since: new Date('2026-01-02T09:00:00Z'),
  });
  const { document: none, err } = await runs({ status: ['failed'] });
  expect([none, err]).toEqual([[], 'no such runs\n']);
});

it.each([
  ['paused', 'going', 'held'],
  ['running', 'held', 'going'],
] as const)('finds the latest that are %s behind any number of others', async (status, other, one) => {
  const many = (what: string, from: number, count: number) =>
    Array.from({ length: count }, (_, at) => entry(`${what}-${from + at}`, 'running'));
  const there = [...many(other, 0, 50), ...many(one, 0, 2), ...many(other, 50, 30), ...many(one, 2, 2)];
  const found = await runs({ status: [status], limit: 3 }, there);
  expect(found.document.map(({ id }) => id)).toEqual([`${one}-0`, `${one}-1`, `${one}-2`]);
  // None of them is asked twice.
  expect(found.progressed).toHaveLength(new Set(found.progressed).size);
  expect((await runs({ status: [status] }, there)).document).toHaveLength(4);
});
