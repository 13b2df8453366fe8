import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { formatHostPort } from '@ddad/contract';
import {
  advertisedHost,
  announceJobs,
  DatasetCache,
  emptyScratch,
  JobHost,
  jobMetrics,
  limitsOf,
  openJobServer,
  shutdownLimits,
} from '@ddad/jobs';
import {
  closeNats,
  connectNats,
  createLogger,
  grpcAccess,
  natsAccess,
  publishProgress,
  readConfig,
  Shutdown,
  serviceRegistry,
  storeAccess,
  untilSignal,
} from '@ddad/platform';
import { createS3Store } from '@ddad/storage';
import { scorerConfig } from './config.ts';
import { createScorerServer } from './server.ts';

const config = readConfig(scorerConfig);
const access = grpcAccess(config);
const reachable = advertisedHost(config.SCORER_LISTEN, config.SCORER_ADVERTISE, 'SCORER_ADVERTISE');
const logger = createLogger('scorer', config.LOG_LEVEL);
const shutdown = new Shutdown();
const registry = serviceRegistry('scorer');

const store = createS3Store(storeAccess(config));
const nats = await connectNats({
  ...natsAccess(config),
  name: config.SCORER_ID,
  logger,
});
shutdown.add('nats', () => closeNats(nats));

const scratch = join(config.SCRATCH_DIR, 'jobs', config.SCORER_ID);
await emptyScratch(scratch);
const host = new JobHost({
  slots: config.SCORER_SLOTS,
  worker: config.SCORER_ID,
  store,
  scratch,
  childEntry: new URL('./scorer-process.ts', import.meta.url),
  childEnvironment: tensorflowEnvironment(config.SCORER_THREADS),
  logger,
  limits: limitsOf(config),
  onProgress: (key, progress) => publishProgress(nats, key, progress),
  metrics: jobMetrics(registry),
});
const cache = new DatasetCache(store, join(config.SCRATCH_DIR, 'datasets'));
const server = createScorerServer({
  host,
  store,
  cache,
  threads: config.SCORER_THREADS,
  stepsACall: config.STEPS_A_CALL,
});
const port = await openJobServer(server, {
  address: config.SCORER_LISTEN,
  access,
  operations: config.HTTP_LISTEN,
  registry,
  logger,
  shutdown,
});
const address = { host: reachable, port };
await announceJobs(host, {
  pool: 'score',
  id: config.SCORER_ID,
  slots: config.SCORER_SLOTS,
  address,
  nats,
  logger,
  shutdown,
});
logger.info(
  { address: formatHostPort(address), threads: config.SCORER_THREADS, slots: config.SCORER_SLOTS },
  'scorer ready',
);

await untilSignal(shutdown, logger, shutdownLimits.allMs);
