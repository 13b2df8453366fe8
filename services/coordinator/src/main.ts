import {
  closeNats,
  connectNats,
  createLogger,
  grpcAccess,
  natsAccess,
  publishProgress,
  readConfig,
  Shutdown,
  storeAccess,
  untilSignal,
  watchTrainers,
} from '@ddad/platform';
import { connectScorer, connectTrainer } from '@ddad/rpc';
import { createS3Store } from '@ddad/storage';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { coordinatorConfig } from './config.ts';
import { createCoordinator } from './coordinator.ts';
import { memberProgressSignal } from './member-progress.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { connectTemporal } from './temporal-connection.ts';
import { temporalLogger } from './temporal-logger.ts';
import { createWorkers } from './worker.ts';
import { workflowBundle } from './workflow-bundle.ts';

const shutdownMs = 28_000;
const signalLimitMs = 10_000;

const config = readConfig(coordinatorConfig);
const access = grpcAccess(config);
const logger = createLogger('coordinator', config.LOG_LEVEL);
// Signals are ours: the SDK would stop its workers beside our own shutdown.
Runtime.install({ logger: temporalLogger(logger), shutdownSignals: [] });
const shutdown = new Shutdown();

try {
  const store = createS3Store(storeAccess(config));
  const bundling = workflowBundle(temporalLogger(logger));
  // Awaited below; a failure must not go unheard meanwhile.
  bundling.catch(() => {});
  const connection = await connectTemporal(config.TEMPORAL_ADDRESS);
  shutdown.add('temporal', () => connection.close());
  const namespace = config.TEMPORAL_NAMESPACE;
  const client = new Client({ connection, namespace });
  const nats = await connectNats({
    ...natsAccess(config),
    name: 'coordinator',
    logger,
  });
  shutdown.add('nats', () => closeNats(nats));
  const scorer = connectScorer(config.SCORER_ADDRESS, access);
  shutdown.add('scorer', () => scorer.close());

  const searchAttributes = await ensureSearchAttributes(connection, namespace).catch((error: unknown) => {
    logger.warn({ err: error }, 'runs go without search attributes');
    return false;
  });
  const coordinator = createCoordinator({
    store,
    scorer: { address: config.SCORER_ADDRESS, client: scorer },
    connectTrainer: (address) => connectTrainer(address, access),
    publish: (key, progress) => publishProgress(nats, key, progress),
    async sendProgress({ workflowId, runId }, rows) {
      try {
        await connection.withDeadline(Date.now() + signalLimitMs, () =>
          client.workflow.getHandle(workflowId, runId).signal(memberProgressSignal, rows),
        );
      } catch (error) {
        // The run has just ended.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    searchAttributes,
    heartbeatTimeoutMs: config.HEARTBEAT_TIMEOUT_S * 1000,
    progressIntervalMs: config.PROGRESS_INTERVAL_S * 1000,
    logger,
  });
  shutdown.add('jobs', () => coordinator.close());
  const trainers = await watchTrainers(nats, (entries) => coordinator.setTrainers(entries), logger);
  shutdown.add('trainers', () => trainers.close());

  const workers = await createWorkers({
    connection,
    namespace,
    activities: coordinator.activities,
    workflowBundle: await bundling,
  });
  const running = workers.run();
  shutdown.add(
    'workers',
    async () => {
      workers.stop();
      await running;
    },
    24_000,
  );
  logger.info({ namespace, trainers: trainers.list().length, searchAttributes }, 'coordinator ready');
  await Promise.race([untilSignal(shutdown, logger, shutdownMs), running.then(() => new Promise(() => {}))]);
} catch (error) {
  logger.fatal({ err: error }, 'the coordinator ends');
  process.exitCode = 1;
} finally {
  await shutdown
    .close()
    .catch((error: unknown) => logger.error({ err: error }, 'not everything could be closed'));
}
