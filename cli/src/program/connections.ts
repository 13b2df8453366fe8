import { randomBytes } from 'node:crypto';
import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { storeAccess } from '@ddad/platform';
import { createS3Store, type ObjectStore } from '@ddad/storage';
import type { RunDeps } from '../attend-run.ts';
import { type Cluster, findCluster, readSettings, readTemporal, shapes } from '../cluster.ts';
import { finishedRunId } from '../finished-run.ts';
import { connectLiveFeed } from '../live-feed.ts';
import { storedResult } from '../stored-results.ts';
import { connectTemporal, type TemporalRuns } from '../temporal-runs.ts';
import type { PreparedInvocation } from './invocation.ts';

/** How actions get at a cluster: each gets its connections here, which are closed when its work is done. */
export interface Connections {
  methods: MethodRegistry;
  cluster: () => Cluster;
  /** @throws CommandFailure where it is not said where the store is */
  store: () => ObjectStore;
  withTemporal: <T>(work: (runs: TemporalRuns) => Promise<T>) => Promise<T>;
  /** For work that starts or follows a run. `newRunName` gives another name each time. */
  withRun: (work: (deps: RunDeps & { newRunName: () => string }) => Promise<void>) => Promise<void>;
  /** A finished run's result as its report holds it. */
  resultOf: (run: string) => Promise<RunResult>;
}

/** Connections to the cluster that an invocation is for. Nothing is read or opened before an action asks for it. */
export function connectionsFor(invocation: PreparedInvocation): Connections {
  const { screens, methods, onSignal } = invocation;
  const cluster = () => findCluster(invocation);
  const store = () => openStore(cluster());

  const withTemporal: Connections['withTemporal'] = async (work) => {
    const runs = await connectTemporal(readTemporal(cluster()), methods);
    try {
      return await work(runs);
    } finally {
      await runs.close();
    }
  };

  const withRun: Connections['withRun'] = async (work) => {
    const here = cluster();
    const found = readSettings(here, {
      ...shapes.temporal,
      ...shapes.nats,
      ...shapes.store,
      ...shapes.page,
    });
    const interrupted = new AbortController();
    await withTemporal(async (runs) => {
      const stopListening = onSignal((signal) => interrupted.abort(signal));
      try {
        await work({
          runs,
          methods,
          store: once(() => openStore(here)),
          live: () => connectLiveFeed(found),
          screens,
          now: () => performance.now(),
          newRunName: () => runName(new Date(), randomBytes(2).toString('hex')),
          page: (handle) =>
            found.TEMPORAL_UI === undefined
              ? null
              : `${found.TEMPORAL_UI.replace(/\/$/, '')}/namespaces/${found.TEMPORAL_NAMESPACE}/workflows/` +
                `${encodeURIComponent(handle.id)}/${handle.executionId}`,
          progressPage: (handle) =>
            found.PAGE_URL === undefined
              ? null
              : `${found.PAGE_URL.replace(/\/$/, '')}/runs/${encodeURIComponent(handle.id)}`,
          interrupted: interrupted.signal,
        });
      } finally {
        stopListening();
      }
    });
  };

  const resultOf: Connections['resultOf'] = async (run) => {
    const runId = await withTemporal((runs) => finishedRunId(runs, run));
    return storedResult(store(), runId);
  };

  return { methods, cluster, store, withTemporal, withRun, resultOf };
}

/** `20260102-093000-1f2e`, in UTC: readable, sortable, and new each time. */
function runName(date: Date, random: string): string {
  const digits = date.toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${random}`;
}

function openStore(cluster: Cluster): ObjectStore {
  return createS3Store({
    ...storeAccess(readSettings(cluster, shapes.store)),
    // Somebody waits at a terminal.
    deadlineMs: 8_000,
  });
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
