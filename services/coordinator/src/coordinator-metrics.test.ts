import { Registry } from '@ddad/platform';
import { expect, it } from 'vitest';
import { coordinatorMetrics } from './coordinator-metrics.ts';
import { trainer } from './dispatch/fake-link.testing.ts';

it('counts trainers and scorers apart: by what they do, and why they do nothing', async () => {
  const registry = new Registry();
  const trainers = {
    counts: { waiting: 3, running: 1 },
    busy: new Set(['t1', 't3']),
    workers: [
      trainer('t1'),
      trainer('t2'),
      trainer('t3', { leaving: true }),
      trainer('t4'),
      trainer('t5', { unfit: 'no space left' }),
    ],
    setAside: [{ worker: 't4', until: 1, pauses: 1, cause: 'disk full' }],
  };
  const scorers = {
    counts: { waiting: 0, running: 0 },
    busy: new Set<string>(),
    workers: [trainer('s1', { pool: 'score' }), trainer('s2', { pool: 'score' })],
    setAside: [],
  };
  const metrics = coordinatorMetrics(registry, { trainers, scorers });
  const values = async (name: string) => {
    const { values: all } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
    return Object.fromEntries(all.map(({ labels, value }) => [labels.state, value]));
  };
  expect(await values('ddad_trainers')).toEqual({
    idle: 1,
    busy: 1,
    leaving: 1,
    unfit: 1,
    'set aside': 1,
  });
  expect(await values('ddad_scorers')).toMatchObject({ idle: 2, busy: 0, 'set aside': 0 });
  expect(await values('ddad_members')).toEqual({ waiting: 3, running: 1 });
  metrics.workerSetAside('train');
  const text = await registry.getSingleMetricAsString('ddad_workers_set_aside_total');
  expect(text).toContain('ddad_workers_set_aside_total{pool="train"} 1');
});
