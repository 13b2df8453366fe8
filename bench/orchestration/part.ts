import { startTemporal } from '../../services/coordinator/src/coordinator-bench.testing.ts';
import type { BenchSettings, Figure } from '../figures.ts';
import { runOnFakes } from './run-on-fakes.ts';
import { tracingOverhead } from './tracing-overhead.ts';

/**
 * What a run takes beyond its members' own time: members that train for a fixed time on trainers without any compute, with a real
 * Temporal server, coordinator, gRPC; store and scorer are in memory and answer at once. Runs in this process.
 */
export async function* part({ quick }: BenchSettings): AsyncGenerator<Figure> {
  const temporal = await startTemporal();
  try {
    const [members, seconds, counts] = quick ? [16, 1, [1, 4, 16]] : [64, 3, [1, 2, 4, 8, 16, 32]];
    for (const trainers of counts) {
      const figure = await runOnFakes(temporal, { members, trainers, seconds });
      // 2 % + 1 s.
      yield { ...figure, target: 0.02 * figure.idealSeconds + 1 };
    }
    const many = quick ? 32 : 256;
    yield await runOnFakes(temporal, { members: many, trainers: 32, seconds: quick ? 1 : 3 });
    yield await tracingOverhead(temporal, quick ? 2 : 5);
  } finally {
    await temporal.dispose();
  }
}
