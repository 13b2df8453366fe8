import { tensorflowEnvironment } from '@ddad/compute/environment';
import { deviceName, limitsOf, openWorker, shutdownLimits } from '@ddad/jobs';
import { loadMethods } from '@ddad/methods';
import {
  announceTrainer,
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
import { trainerConfig } from './config.ts';

const config = readConfig(trainerConfig);
const access = grpcAccess(config);
const logger = createLogger('trainer', config.LOG_LEVEL);
const shutdown = new Shutdown();
const methods = await loadMethods(config.METHODS);

const nats = await connectNats({
  ...natsAccess(config),
  name: config.TRAINER_ID,
  logger,
});
shutdown.add('nats', () => closeNats(nats));

let onKeys = (_keys: string[]): void => {};
const { host, port } = await openWorker({
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
  scratch: config.SCRATCH_DIR,
  store: createS3Store(storeAccess(config)),
  listen: config.TRAINER_LISTEN,
  access,
  operations: config.HTTP_LISTEN,
  logger,
  shutdown,
  onProgress: (key, progress) => publishProgress(nats, key, progress),
  onKeys: (keys) => onKeys(keys),
});

const listenHost = config.TRAINER_LISTEN.slice(0, config.TRAINER_LISTEN.lastIndexOf(':'));
const address = `${config.TRAINER_ADVERTISE ?? listenHost}:${port}`;
const presence = await announceTrainer(
  nats,
  {
    id: config.TRAINER_ID,
    address,
    device: deviceName(),
    slots: config.TRAINER_SLOTS,
    keys: [],
    since: new Date().toISOString(),
    leaving: false,
  },
  logger,
);
onKeys = (keys) => presence.update({ keys });
shutdown.add('presence', () => presence.close());
shutdown.add('jobs', () => host.close(), shutdownLimits.jobsMs);
shutdown.add('leaving', () => presence.update({ leaving: true }));
logger.info({ address, threads: config.TRAINER_THREADS, slots: config.TRAINER_SLOTS }, 'trainer ready');

await untilSignal(shutdown, logger, shutdownLimits.allMs);
