import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, logShape, readConfig, storeShape } from '@ddad/platform';
import { ensureBucket, keepOverwritten } from '@ddad/storage';
import { z } from 'zod';
import { ensureMinioUsers } from './ensure-users.ts';

// Makes the bucket and everybody's user in a MinIO of a cluster's own; may be run again, then secrets are renewed.

const secret = (user: string) => z.string().min(8).describe(`the secret key of the store's user ${user}`);

const config = readConfig(
  z.object({
    S3_ENDPOINT: storeShape.S3_ENDPOINT,
    S3_BUCKET: storeShape.S3_BUCKET,
    /** Of MinIO's root user, who is called operator. */
    OPERATOR_S3_SECRET_KEY: secret('operator'),
    COORDINATOR_S3_SECRET_KEY: secret('coordinator'),
    TRAINER_S3_SECRET_KEY: secret('trainer'),
    SCORER_S3_SECRET_KEY: secret('scorer'),
    CLI_S3_SECRET_KEY: secret('cli'),
    /** For how long what somebody overwrote or removed can be brought back. */
    KEEP_OVERWRITTEN_DAYS: z.coerce.number().int().min(1).max(3650).default(7),
    ...logShape,
  }),
);
const limitMs = 120_000;

const logger = createLogger('minio-users', config.LOG_LEVEL);
const operator = {
  endpoint: config.S3_ENDPOINT,
  bucket: config.S3_BUCKET,
  accessKey: 'operator',
  secretKey: config.OPERATOR_S3_SECRET_KEY,
};
const secrets = {
  coordinator: config.COORDINATOR_S3_SECRET_KEY,
  trainer: config.TRAINER_S3_SECRET_KEY,
  scorer: config.SCORER_S3_SECRET_KEY,
  cli: config.CLI_S3_SECRET_KEY,
};

// MinIO may start beside us.
const giveUpAt = performance.now() + limitMs;
for (;;) {
  try {
    await ensureBucket(operator);
    await keepOverwritten(operator, config.KEEP_OVERWRITTEN_DAYS);
    await ensureMinioUsers(operator, secrets, config.S3_BUCKET);
    logger.info({ bucket: config.S3_BUCKET }, 'bucket and users are there');
    break;
  } catch (error) {
    if (performance.now() > giveUpAt) throw error;
    logger.warn({ err: error }, 'the store is not ready yet');
    await delay(2000);
  }
}
