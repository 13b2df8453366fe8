import { setTimeout } from 'node:timers/promises';
import type { RunResult } from '@ddad/contract';
import { noTracing, type Tracing } from '@ddad/tracing';
import {
  createBench,
  oneClass,
  type Temporal,
} from '../../services/coordinator/src/coordinator-bench.testing.ts';
import { type FakeWorker, startWorker } from '../../services/coordinator/src/fake-services.testing.ts';

export interface FakeRun {
  /** Of all runs: up to 128 are one run, more are runs of 128 at once. */
  members: number;
  trainers: number;
  /** How long each trains; it tells its progress every second, as one epoch of many does. */
  seconds: number;
  /** Where spans go; nowhere unless given. */
  tracing?: Tracing;
  /** Runs of other seeds share no members. */
  seed?: number;
  /** A small run goes before, which loads the workflows' code: once a coordinator. */
  warm?: boolean;
}

/** Members of one run at most: K = 64 NDM and UDM. */
const largestRun = 128;

/** Runs whose members take a fixed time, to the end; nothing else uses the trainers meanwhile. */
export async function runOnFakes(
  temporal: Temporal,
  { members, trainers, seconds, tracing = noTracing, seed: first, warm = false }: FakeRun,
) {
  const bench = await createBench(temporal);
  const fakes = await Promise.all(
    Array.from({ length: trainers }, (_, i) => startWorker(bench.store, `fake-${i}`, 'train')),
  );
  const idle = new AbortController();
  const epochs = 100;
  try {
    for (const fake of fakes) void trainForEver(fake, seconds, epochs, idle.signal);
    await bench.startCoordinator(
      fakes.map(({ entry }) => ({ ...entry, slots: 1 })),
      { progressIntervalMs: 2_000, tracing },
    );
    if (warm) await (await bench.start({ ...oneClass, seed: 1_000_000 + (first ?? 0), epochs })).result();
    const before = process.memoryUsage.rss();
    const started = performance.now();
    const startedCpu = process.cpuUsage();
    const runs = Math.ceil(members / largestRun);
    const k = members / runs / 2;
    const handles = await Promise.all(
      Array.from({ length: runs }, (_, seed) =>
        // Other seeds, as runs would else share their members.
        bench.start({ ...oneClass, unlabeled: 5, k, seed: (first ?? members * trainers) + seed, epochs }),
      ),
    );
    for (const handle of handles) {
      const { members: trained } = (await handle.result()) as RunResult;
      if (trained.length !== 2 * k) throw new Error(`expected ${2 * k} members, got ${trained.length}`);
    }
    const wallSeconds = (performance.now() - started) / 1000;
    const idealSeconds = Math.ceil(members / trainers) * seconds;
    const used = process.cpuUsage(startedCpu);
    const histories = await Promise.all(handles.map((handle) => handle.describe()));
    return {
      members,
      trainers,
      idealSeconds,
      wallSeconds,
      overheadSeconds: wallSeconds - idealSeconds,
      cpuSeconds: (used.user + used.system) / 1e6,
      /** Of this process, which holds the fakes too. */
      rssMib: process.memoryUsage.rss() / 2 ** 20,
      grownMib: (process.memoryUsage.rss() - before) / 2 ** 20,
      historyKib: Math.max(...histories.map(({ historySize }) => Number(historySize) / 1024)),
      historyEvents: Math.max(...histories.map(({ historyLength }) => historyLength)),
    };
  } finally {
    idle.abort();
    await bench.close();
    await Promise.all(fakes.map((fake) => fake.close()));
  }
}

async function trainForEver(
  fake: FakeWorker,
  seconds: number,
  epochs: number,
  idle: AbortSignal,
): Promise<void> {
  while (!idle.aborted) {
    const job = await fake.jobs.next();
    const started = performance.now();
    for (;;) {
      const left = seconds * 1000 - (performance.now() - started);
      if (left <= 0) break;
      await setTimeout(Math.min(left, 1000));
      const done = Math.min(epochs, Math.floor((epochs * (performance.now() - started)) / 1000 / seconds));
      job.send({ $case: 'progress', value: { done, total: epochs, loss: 0.1, imagesPerSecond: 1000 } });
    }
    await job.finish();
  }
}
