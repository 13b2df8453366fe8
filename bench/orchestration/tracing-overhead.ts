import { createLogger } from '@ddad/platform';
import { openTracing } from '@ddad/tracing';
import { startOtlpReceiver } from '@ddad/tracing/testing';
import type { Temporal } from '../../services/coordinator/src/coordinator-bench.testing.ts';
import { type Figure, median } from '../figures.ts';
import { runOnFakes } from './run-on-fakes.ts';

const load = { members: 32, trainers: 8, seconds: 2, warm: true };

/**
 * What tracing adds to a run: the same runs without and with it in turns, spans sent to a receiver in this process, which counts
 * against them. The first pair, in which much is compiled, is left out; medians of the others.
 * It is seconds a run: of real members, which train for minutes, a far smaller share than here.
 */
export async function tracingOverhead(temporal: Temporal, pairs: number): Promise<Figure> {
  const receiver = await startOtlpReceiver();
  const logger = createLogger('bench', 'warn');
  const off: Awaited<ReturnType<typeof runOnFakes>>[] = [];
  const on: typeof off = [];
  try {
    for (let pair = 0; pair <= pairs; pair += 1) {
      const seed = 10_000 + 2 * pair;
      const plain = await runOnFakes(temporal, { ...load, seed });
      const tracing = await openTracing(
        { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
        { service: 'ddad-bench', logger },
      );
      const traced = await runOnFakes(temporal, { ...load, seed: seed + 1, tracing });
      await tracing.close();
      if (pair === 0) continue;
      off.push(plain);
      on.push(traced);
    }
  } finally {
    await receiver.close();
  }
  const medians = (name: 'wallSeconds' | 'cpuSeconds') =>
    [off, on].map((runs) => median(runs.map((run) => run[name]))) as [number, number];
  const wall = medians('wallSeconds');
  const cpu = medians('cpuSeconds');
  return {
    ...load,
    tracedRuns: pairs,
    wallSeconds: wall[0],
    tracedWallSeconds: wall[1],
    cpuSeconds: cpu[0],
    tracedCpuSeconds: cpu[1],
    /** Of the run's time. */
    overheadPercent: (100 * (wall[1] - wall[0])) / wall[0],
    target: 1,
  };
}
