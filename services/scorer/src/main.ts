import { hostname } from 'node:os';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { limitsOf, openWorker, shutdownLimits } from '@ddad/jobs';
import { loadMethods } from '@ddad/methods';
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
} from '@ddad/platform';
import { createS3Store } from '@ddad/storage';
import { scorerConfig } from './config.ts';

const config = readConfig(scorerConfig);
const access = grpcAccess(config);
const logger = createLogger('scorer', config.LOG_LEVEL);
const shutdown = new Shutdown();
const methods = await loadMethods(config.METHODS);

const nats = await connectNats({
  ...natsAccess(config),
  name: 'scorer',
  logger,
});
shutdown.add('nats', () => closeNats(nats));

const { host, port } = await openWorker({
  service: 'scorer',
  id: `scorer-${hostname()}`,
  pool: 'score',
  kinds: (name) => methods.kind(name),
  methods: config.METHODS,
  slots: config.SCORER_SLOTS,
  threads: config.SCORER_THREADS,
  stepsACall: config.STEPS_A_CALL,
  limits: limitsOf(config),
  childEntry: new URL(import.meta.resolve('@ddad/methods/make-process')),
  childEnvironment: tensorflowEnvironment(config.SCORER_THREADS),
  scratch: config.SCRATCH_DIR,
  store: createS3Store(storeAccess(config)),
  listen: config.SCORER_LISTEN,
  access,
  operations: config.HTTP_LISTEN,
  logger,
  shutdown,
  onProgress: (key, progress) => publishProgress(nats, key, progress),
});
shutdown.add('jobs', () => host.close(), shutdownLimits.jobsMs);
logger.info({ port, threads: config.SCORER_THREADS, slots: config.SCORER_SLOTS }, 'scorer ready');

await untilSignal(shutdown, logger, shutdownLimits.allMs);
