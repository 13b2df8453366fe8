import { join } from 'node:path';
import type { Pool } from '@ddad/contract';
import { loadMethods } from '@ddad/methods';
import {
  auditTo,
  closeNats,
  connectNats,
  createLogger,
  emptyScratch,
  grpcAccess,
  leaveSoon,
  natsAccess,
  publishProgress,
  readConfig,
  Shutdown,
  serveOperations,
  serviceRegistry,
  storeAccess,
  subscribeAllProgress,
  temporalAccess,
  untilSignal,
  watchWorkers,
} from '@ddad/platform';
import { connectWorker } from '@ddad/rpc';
import { artifactsUnderWay } from '@ddad/runs';
import { DatasetCache, openServiceStore } from '@ddad/storage';
import { openTracing } from '@ddad/tracing';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { auditSinks } from './audit-history.ts';
import { coordinatorConfig, mlflowOf } from './config.ts';
import { createCoordinator } from './coordinator.ts';
import { exportInProcess } from './export/export-in-process.ts';
import { keepTidy } from './keep-tidy.ts';
import { setPodDeletionCost } from './kubernetes-api.ts';
import { nodeProgressSignal } from './node-progress.ts';
import { LiveFigures } from './page/live-figures.ts';
import { startPageServer } from './page/page-server.ts';
import { pagesAddress } from './page/pages-address.ts';
import { runSource } from './page/run-source.ts';
import { keepPodDeletionCost } from './pod-deletion-cost.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { connectTemporal } from './temporal-connection.ts';
import { temporalLogger } from './temporal-logger.ts';
import { temporalTracing } from './temporal-tracing.ts';
import { createWorkers } from './worker.ts';
import { workflowBundle } from './workflow-bundle.ts';

const shutdownMs = 28_000;
const signalLimitMs = 10_000;

const config = readConfig(coordinatorConfig);
const access = grpcAccess(config);
const temporal = temporalAccess(config);
const logger = createLogger('coordinator', config.LOG_LEVEL);
// Signals are ours: the SDK would stop its workers beside our own shutdown.
Runtime.install({ logger: temporalLogger(logger), shutdownSignals: [] });
const shutdown = new Shutdown();
const methods = await loadMethods(config.METHODS);
const registry = serviceRegistry('coordinator');
/** Takes work: every worker polls. */
let ready = false;

try {
  if (config.HTTP_LISTEN !== undefined) {
    const operations = await serveOperations({ address: config.HTTP_LISTEN, registry, ready: () => ready });
    shutdown.add('operations', () => operations.close());
  }
  const mlflow = mlflowOf(config);
  const tracing = await openTracing(config, { service: 'ddad-coordinator', logger });
  shutdown.add('tracing', () => tracing.close());
  const traced = tracing.sdk !== null;
  // Before the bundle, which would keep the process busy for seconds after a store is refused.
  const store = await openServiceStore(storeAccess(config), logger);
  const bundling = workflowBundle({ logger: temporalLogger(logger), made: config.WORKFLOWS, traced });
  // Awaited below; a failure must not go unheard meanwhile.
  bundling.catch(() => {});
  const connection = await connectTemporal(temporal);
  shutdown.add('temporal', () => connection.close());
  const namespace = config.TEMPORAL_NAMESPACE;
  const client = new Client({ connection, namespace });
  const nats = await connectNats({
    ...natsAccess(config),
    name: 'coordinator',
    logger,
  });
  shutdown.add('nats', () => closeNats(nats));

  const searchAttributes = await ensureSearchAttributes(connection, namespace).catch((error: unknown) => {
    logger.warn({ err: error }, 'runs go without search attributes');
    return false;
  });
  const mlflowScratch = join(config.SCRATCH_DIR, 'mlflow');
  await emptyScratch(mlflowScratch);
  const coordinator = createCoordinator({
    store,
    datasets: new DatasetCache(store, join(config.SCRATCH_DIR, 'datasets')),
    methods,
    connectWorker: (address) => connectWorker(address, access),
    publish: (key, progress) => publishProgress(nats, key, progress),
    async sendProgress({ workflowId, runId }, rows) {
      try {
        await connection.withDeadline(Date.now() + signalLimitMs, () =>
          client.workflow.getHandle(workflowId, runId).signal(nodeProgressSignal, rows),
        );
      } catch (error) {
        // The run has just ended.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    searchAttributes,
    pages: pagesAddress(config),
    mlflow:
      mlflow === undefined
        ? undefined
        : { access: mlflow, exportRun: exportInProcess(store, config.METHODS), scratch: mlflowScratch },
    heartbeatTimeoutMs: config.HEARTBEAT_TIMEOUT_S * 1000,
    progressIntervalMs: config.PROGRESS_INTERVAL_S * 1000,
    registry,
    tracing,
    logger,
  });
  shutdown.add('jobs', () => coordinator.close());
  const presence = await watchWorkers(nats, (entries) => coordinator.setWorkers(entries), logger, {
    hosts: config.WORKER_HOSTS,
    token: access.token,
  });
  shutdown.add('presence', () => presence.close());
  const { TRAINER_PODS_NAMESPACE: podsNamespace, KUBERNETES_SERVICE_HOST: apiHost } = config;
  if (podsNamespace !== undefined && apiHost !== undefined) {
    const api = {
      host: apiHost,
      port: config.KUBERNETES_SERVICE_PORT,
      namespace: podsNamespace,
      credentials: '/var/run/secrets/kubernetes.io/serviceaccount',
    };
    const costs = keepPodDeletionCost({
      setCost: (pod, cost) => setPodDeletionCost(api, pod, cost),
      trainers: () => coordinator.trainers.workers,
      busy: () => coordinator.trainers.busy,
      logger,
    });
    shutdown.add('pod deletion costs', () => costs.close());
  }

  if (config.LEFT_OVERS_AFTER_D !== 'off') {
    const tidy = keepTidy({
      store,
      underWay: () => artifactsUnderWay(client),
      workedOn: () => presence.list().flatMap(({ keys }) => keys),
      olderThanMs: config.LEFT_OVERS_AFTER_D * 24 * 3600 * 1000,
      logger,
    });
    shutdown.add('left-overs', () => tidy.close());
  }

  if (config.PAGE_LISTEN !== 'off') {
    const live = new LiveFigures(() => performance.now());
    const subscription = subscribeAllProgress(nats, (key, progress) => live.heard(key, progress));
    shutdown.add('live figures', () => subscription.close());
    const source = runSource(client, store);
    const now = () => performance.now();
    try {
      const page = await startPageServer({
        listen: config.PAGE_LISTEN,
        source,
        live,
        workers: () => coordinator.workerStates(),
        now,
        logger,
      });
      shutdown.add('progress pages', () => page.close());
      logger.info({ url: page.url }, 'progress pages');
    } catch (error) {
      // Nobody's training depends on who watches.
      logger.warn({ err: error, listen: config.PAGE_LISTEN }, 'there are no progress pages');
    }
  }

  const workers = await createWorkers({
    connection,
    namespace,
    activities: coordinator.activities,
    workflowBundle: await bundling,
    tracing: await temporalTracing(tracing),
    audit: auditSinks(connection, auditTo(logger), logger),
  });
  const running = workers.run();
  ready = true;
  shutdown.add(
    'workers',
    async () => {
      ready = false;
      workers.stop();
      await running;
    },
    24_000,
  );
  const count = (wanted: Pool) => presence.list().filter(({ pool }) => pool === wanted).length;
  const found = { trainers: count('train'), scorers: count('score') };
  logger.info({ namespace, ...found, searchAttributes }, 'coordinator ready');
  await Promise.race([untilSignal(shutdown, logger, shutdownMs), running.then(() => new Promise(() => {}))]);
} catch (error) {
  logger.fatal({ err: error }, 'the coordinator ends');
  process.exitCode = 1;
} finally {
  await shutdown
    .close()
    .catch((error: unknown) => logger.error({ err: error }, 'not everything could be closed'));
  // After a failure too: whoever starts it anew waits for its end.
  leaveSoon(logger);
}
