import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writePhantom } from '@ddad/dataset';
import { RandomValues } from '../random-values.ts';
import { type Digests, digestsOf, logOffsets, wrongAfter } from './check-run.ts';
import { type FaultCluster, startFaultCluster } from './fault-cluster.ts';
import { faultKinds } from './fault-kinds.ts';
import { disturb } from './fault-run.ts';
import type { FaultKind } from './kinds/fault-kind.ts';
import { type PlannedFault, planFaults } from './schedule.ts';

export interface SessionOptions {
  seed: number;
  runs: number;
  /** Faults that each run is meant to get. */
  perRun: number;
  /** At least so many in all: more runs follow until they are done. */
  atLeast: number;
  /** A run that is not at its end by then is at fault. */
  runLimitMs: number;
  /** Input of what is run, but for the dataset: long enough for a fault to find it at work, short enough for many runs. */
  input: object;
  /** All unless given. */
  kinds?: readonly FaultKind[];
}

/** Input of a run of the product's own method, but for the dataset. */
export function ensembles(epochs: number): object {
  return { k: 2, batchSize: 8, epochs, refiner: { epochs: 10 } };
}

/**
 * Jobs that take their time and nothing of the processor: what is around them is held against faults in a fraction of the time.
 * Three members for two trainers, so that some are finished while others train.
 */
export const walks = { method: 'slow', k: 3, epochs: 500, restMs: 20, scoreRestMs: 250 };

export interface SessionOutcome {
  runs: number;
  faults: number;
  /** How often each kind was done. */
  kinds: Map<string, number>;
  /** What was wrong after which run. */
  wrong: string[];
  cluster: FaultCluster;
}

const images = {
  seed: 11,
  train: 16,
  unlabeledNormal: 4,
  unlabeledAbnormal: 4,
  testNormal: 6,
  testAbnormal: 6,
};

/** Tells at once, in a file: what a test prints may come late, or never where it is killed. */
function logTo(path: string): (text: string) => void {
  writeFileSync(path, '');
  return (text) => {
    appendFileSync(path, `${text}\n`);
    process.stdout.write(`${text}\n`);
  };
}

/** Runs the same ensemble again and again from an empty store, each time disturbed, and looks at each end. */
export async function faultSession(options: SessionOptions): Promise<Omit<SessionOutcome, 'cluster'>> {
  const { seed, runs, perRun, atLeast, runLimitMs } = options;
  const input = { dataset: 'phantom', ...options.input };
  const random = new RandomValues(seed);
  const logPath = join(tmpdir(), `ddad-faults-${seed}.log`);
  const say = logTo(logPath);
  say(`faults: SEED=${seed}, at least ${atLeast} over at least ${runs} runs; log: ${logPath}`);
  const directory = await mkdtemp(join(tmpdir(), 'ddad-fault-images-'));
  const cluster = await startFaultCluster((name) =>
    say(`${new Date().toISOString()} ${name} is started again`),
  );
  try {
    await writePhantom(directory, images);
    const added = await cluster.ddad('dataset', 'add', 'phantom', directory);
    if (added.code !== 0) throw new Error(`dataset add: ${added.stderr}`);
    if (cluster.disk === null) say('no mount namespaces here: full disks are left out');

    const undisturbed = await disturb(cluster, 'undisturbed', input, [], random, say, runLimitMs);
    if (undisturbed.result === null) throw new Error(`undisturbed: ${undisturbed.failure}`);
    const reference: { result: typeof undisturbed.result; digests: Digests } = {
      result: undisturbed.result,
      digests: await digestsOf(cluster, undisturbed.result),
    };
    const kinds = (options.kinds ?? faultKinds).filter(
      ({ needsDisks }) => cluster.disk !== null || needsDisks !== true,
    );
    const counts = new Map<string, number>(kinds.map(({ name }) => [name, 0]));
    const wrong: string[] = [];
    const planned = planFaults(random, runs, perRun, kinds);
    let faults = 0;
    let done = 0;
    let carried: PlannedFault[] = [];
    while (done < runs || (faults < atLeast && done < 2 * runs)) {
      const own = planned[done] ?? planFaults(random, 1, perRun, kinds)[0]!;
      await empty(cluster);
      const offsets = logOffsets(cluster);
      const run = await disturb(
        cluster,
        `run-${done + 1}`,
        input,
        // Of those that came too late in the last run, some go first now.
        [...carried.slice(0, 2), ...own],
        random,
        say,
        runLimitMs,
      );
      done += 1;
      faults += run.inflicted.length;
      carried = [...carried.slice(2), ...run.missed];
      for (const name of run.inflicted) counts.set(name, (counts.get(name) ?? 0) + 1);
      const found = await wrongAfter(cluster, run, reference, offsets);
      for (const text of found) say(`WRONG after ${run.workflowId}: ${text}`);
      if (found.length > 0) say(keepLogs(cluster, `${seed}-${run.workflowId}`));
      wrong.push(...found.map((text) => `${run.workflowId}: ${text}`));
    }
    say(`${faults} faults over ${done} runs (SEED=${seed}):`);
    for (const [name, count] of counts) say(`  ${String(count).padStart(3)} x ${name}`);
    return { runs: done, faults, kinds: counts, wrong };
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Copies all logs to where they survive the session, to be read after it. */
function keepLogs(cluster: FaultCluster, name: string): string {
  const directory = join(tmpdir(), `ddad-faults-${name}`);
  cpSync(dirname(cluster.logFile('nats')), directory, { recursive: true });
  return `the logs are kept in ${directory}`;
}

/** Removes all that runs made, so that the next one has everything to do. */
async function empty({ store }: FaultCluster): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const objects = (await store.list('')).map(({ key }) => key);
      await store.remove(objects.filter((key) => !/^(datasets|probes)\//.test(key)));
      return;
    } catch (error) {
      if (tries === 10) throw error;
      await delay(1000);
    }
  }
}
