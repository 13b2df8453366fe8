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
import { trainerConfig } from './config.ts';
import { createTrainerServer } from './server.ts';

const config = readConfig(trainerConfig);
const access = grpcAccess(config);
const reachable = advertisedHost(config.TRAINER_LISTEN, config.TRAINER_ADVERTISE, 'TRAINER_ADVERTISE');
const logger = createLogger('trainer', config.LOG_LEVEL);
const shutdown = new Shutdown();
const registry = serviceRegistry('trainer');

const store = createS3Store(storeAccess(config));
const nats = await connectNats({
  ...natsAccess(config),
  name: config.TRAINER_ID,
  logger,
});
shutdown.add('nats', () => closeNats(nats));

const scratch = join(config.SCRATCH_DIR, 'jobs', config.TRAINER_ID);
await emptyScratch(scratch);
const cache = new DatasetCache(store, join(config.SCRATCH_DIR, 'datasets'));
const host = new JobHost({
  slots: config.TRAINER_SLOTS,
  worker: config.TRAINER_ID,
  store,
  scratch,
  childEntry: new URL('./member-process.ts', import.meta.url),
  childEnvironment: tensorflowEnvironment(config.TRAINER_THREADS, { xla: config.XLA }),
  logger,
  limits: limitsOf(config),
  onProgress: (key, progress) => publishProgress(nats, key, progress),
  metrics: jobMetrics(registry),
});
const server = createTrainerServer({
  host,
  cache,
  threads: config.TRAINER_THREADS,
  stepsACall: config.STEPS_A_CALL,
});
const port = await openJobServer(server, {
  address: config.TRAINER_LISTEN,
  access,
  operations: config.HTTP_LISTEN,
  registry,
  logger,
  shutdown,
});
const address = { host: reachable, port };
await announceJobs(host, {
  pool: 'train',
  id: config.TRAINER_ID,
  slots: config.TRAINER_SLOTS,
  address,
  nats,
  logger,
  shutdown,
});
logger.info(
  { address: formatHostPort(address), threads: config.TRAINER_THREADS, slots: config.TRAINER_SLOTS },
  'trainer ready',
);

await untilSignal(shutdown, logger, shutdownLimits.allMs);
