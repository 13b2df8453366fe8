import { tensorflowEnvironment } from '@ddad/compute/environment';
import { advertisedHost, limitsOf, openWorker, openWorkerStore, shutdownLimits } from '@ddad/jobs';
import { loadMethods } from '@ddad/methods';
import {
  closeNats,
  connectNats,
  createLogger,
  grpcAccess,
  natsAccess,
  readConfig,
  Shutdown,
  storeAccess,
  untilSignal,
} from '@ddad/platform';
import { openTracing } from '@ddad/tracing';
import { trainerConfig } from './config.ts';

const config = readConfig(trainerConfig);
const access = grpcAccess(config);
const reachable = advertisedHost(config.TRAINER_LISTEN, config.TRAINER_ADVERTISE, 'TRAINER_ADVERTISE');
const logger = createLogger('trainer', config.LOG_LEVEL);
const shutdown = new Shutdown();
const methods = await loadMethods(config.METHODS);

const { store, check: storeCheck } = await openWorkerStore(storeAccess(config), logger);

const tracing = await openTracing(config, { service: 'ddad-trainer', instance: config.TRAINER_ID, logger });
shutdown.add('tracing', () => tracing.close());

const nats = await connectNats({ ...natsAccess(config), name: config.TRAINER_ID, logger });
shutdown.add('nats', () => closeNats(nats));

await openWorker({
  service: 'trainer',
  id: config.TRAINER_ID,
  pool: 'train',
  kinds: (name) => methods.kind(name),
  methods: config.METHODS,
  slots: config.TRAINER_SLOTS,
  threads: config.TRAINER_THREADS,
  stepsACall: config.STEPS_A_CALL,
  limits: limitsOf(config),
  childEntry: new URL(import.meta.resolve('@ddad/methods/make-process')),
  childEnvironment: tensorflowEnvironment(config.TRAINER_THREADS, { xla: config.XLA }),
  deviceTrial: new URL(import.meta.resolve('@ddad/compute/try-device')),
  scratch: config.SCRATCH_DIR,
  store,
  storeCheck,
  storeAccess: storeAccess(config),
  nats,
  listen: config.TRAINER_LISTEN,
  reachable,
  access,
  operations: config.HTTP_LISTEN,
  tracing,
  logger,
  shutdown,
});

await untilSignal(shutdown, logger, shutdownLimits.allMs);
