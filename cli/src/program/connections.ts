import { randomBytes } from 'node:crypto';
import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import type { MlflowAccess } from '@ddad/mlflow';
import { storeAccess } from '@ddad/platform/settings';
import type { ObjectStore, S3Config } from '@ddad/storage';
import type { RunDeps } from '../attend-run.ts';
import { type Cluster, findCluster, readSettings, readTemporal, shapes } from '../cluster.ts';
import { badInput } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import type { TemporalRuns } from '../temporal-runs.ts';
import { atMost } from '../waiting.ts';
import type { PreparedInvocation } from './invocation.ts';

/**
 * How actions get at a cluster: each gets its connections here, which are closed when its work is done. Clients take long to load:
 * each is, as the actions are, when it is wanted.
 */
export interface Connections {
  methods: MethodRegistry;
  cluster: () => Cluster;
  /** @throws CommandFailure where it is not said where the store is */
  store: () => Promise<ObjectStore>;
  withTemporal: <T>(work: (runs: TemporalRuns) => Promise<T>) => Promise<T>;
  /**
   * For work that starts or follows a run; Ctrl-C and SIGTERM end it with their exit codes, the run is left to the cluster.
   * `newRunName` gives another name each time.
   */
  withRun: <T>(work: (deps: RunDeps & { newRunName: () => string }) => Promise<T>) => Promise<T>;
  /**
   * A finished run's result as its report holds it.
   * @throws CommandFailure where there is no such run, or it has none
   */
  resultOf: (run: string) => Promise<RunResult>;
  /**
   * How to speak to an MLflow server.
   * @throws CommandFailure where its address or the credentials for it are at fault
   */
  mlflow: (uri: string) => Promise<MlflowAccess>;
}

/** Connections to the cluster that an invocation is for. Nothing is read or opened before an action asks for it. */
export function connectionsFor(invocation: PreparedInvocation): Connections {
  const { screens, methods, onSignal } = invocation;
  const cluster = () => findCluster(invocation);
  const store: Connections['store'] = async () => {
    const access = storeOf(cluster());
    const { createS3Store } = await import('@ddad/storage');
    return createS3Store(access);
  };

  const withTemporal: Connections['withTemporal'] = async (work) => {
    const { connectTemporal } = await import('../temporal-runs.ts');
    const runs = await connectTemporal(readTemporal(cluster()), methods);
    try {
      return await work(runs);
    } finally {
      // What was interrupted may have left calls behind that nobody answers.
      await atMost(closeMs, runs.close());
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
    const { createS3Store } = await import('@ddad/storage');
    const { connectLiveFeed } = await import('../live-feed.ts');
    return withTemporal((runs) =>
      interruptible(onSignal, (interruption) =>
        work({
          runs,
          methods,
          store: once(() => createS3Store(storeOf(here))),
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
          interruption,
        }),
      ),
    );
  };

  const resultOf: Connections['resultOf'] = async (run) => {
    const { finishedResult, finishedRunId } = await import('../finished-run.ts');
    const runId = await withTemporal((runs) => finishedRunId(runs, run));
    return finishedResult(await store(), runId, run);
  };

  const mlflow: Connections['mlflow'] = async (uri) => {
    const { mlflowAccess, mlflowShape } = await import('@ddad/mlflow');
    const access = mlflowAccess(uri, readSettings(cluster(), mlflowShape));
    if ('faults' in access)
      throw badInput('nothing was started: the MLflow server is at fault', access.faults);
    return access;
  };

  return { methods, cluster, store, withTemporal, withRun, resultOf, mlflow };
}

/** For how long closing a connection may take, in milliseconds. */
const closeMs = 1_000;

/** `20260102-093000-1f2e`, in UTC: readable, sortable, and new each time. */
function runName(date: Date, random: string): string {
  const digits = date.toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${random}`;
}

function storeOf(cluster: Cluster): S3Config {
  // Somebody waits at a terminal.
  return { ...storeAccess(readSettings(cluster, shapes.store)), deadlineMs: 8_000 };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
