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
import { scorerConfig } from './config.ts';

const config = readConfig(scorerConfig);
const access = grpcAccess(config);
const reachable = advertisedHost(config.SCORER_LISTEN, config.SCORER_ADVERTISE, 'SCORER_ADVERTISE');
const logger = createLogger('scorer', config.LOG_LEVEL);
const shutdown = new Shutdown();
const methods = await loadMethods(config.METHODS);

const { store, check: storeCheck } = await openWorkerStore(storeAccess(config), logger);

const tracing = await openTracing(config, { service: 'ddad-scorer', instance: config.SCORER_ID, logger });
shutdown.add('tracing', () => tracing.close());

const nats = await connectNats({ ...natsAccess(config), name: config.SCORER_ID, logger });
shutdown.add('nats', () => closeNats(nats));

await openWorker({
  service: 'scorer',
  id: config.SCORER_ID,
  pool: 'score',
  kinds: (name) => methods.kind(name),
  methods: config.METHODS,
  slots: config.SCORER_SLOTS,
  threads: config.SCORER_THREADS,
  stepsACall: config.STEPS_A_CALL,
  limits: limitsOf(config),
  childEntry: new URL(import.meta.resolve('@ddad/methods/make-process')),
  childEnvironment: tensorflowEnvironment(config.SCORER_THREADS),
  deviceTrial: new URL(import.meta.resolve('@ddad/compute/try-device')),
  scratch: config.SCRATCH_DIR,
  store,
  storeCheck,
  storeAccess: storeAccess(config),
  nats,
  listen: config.SCORER_LISTEN,
  reachable,
  access,
  operations: config.HTTP_LISTEN,
  tracing,
  logger,
  shutdown,
});

await untilSignal(shutdown, logger, shutdownLimits.allMs);
