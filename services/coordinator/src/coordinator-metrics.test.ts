import { Registry } from '@ddad/platform';
import { expect, it } from 'vitest';
import { coordinatorMetrics } from './coordinator-metrics.ts';
import { trainer } from './dispatch/fake-link.testing.ts';

it('counts trainers and scorers apart: idle, busy and about to leave', async () => {
  const registry = new Registry();
  const trainers = {
    counts: { waiting: 3, running: 1 },
    busy: new Set(['t1', 't3']),
    workers: [trainer('t1'), trainer('t2'), trainer('t3', { leaving: true })],
  };
  const scorers = {
    counts: { waiting: 0, running: 0 },
    busy: new Set<string>(),
    workers: [trainer('s1', { pool: 'score' }), trainer('s2', { pool: 'score' })],
  };
  coordinatorMetrics(registry, { trainers, scorers });
  const values = async (name: string) => {
    const { values: all } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
    return Object.fromEntries(all.map(({ labels, value }) => [labels.state, value]));
  };
  expect(await values('ddad_trainers')).toEqual({ idle: 1, busy: 1, leaving: 1 });
  expect(await values('ddad_scorers')).toEqual({ idle: 2, busy: 0, leaving: 0 });
  expect(await values('ddad_members')).toEqual({ waiting: 3, running: 1 });
});
