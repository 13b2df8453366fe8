import type { z } from 'zod';
import type { natsShape, storeShape } from './config-shapes.ts';

/** Brings the settings of `storeShape` together, as the storage package's `createS3Store` takes them. */
export function storeAccess({
  S3_ENDPOINT: endpoint,
  S3_BUCKET: bucket,
  S3_ACCESS_KEY: accessKey,
  S3_SECRET_KEY: secretKey,
}: z.output<z.ZodObject<typeof storeShape>>) {
  return { endpoint, bucket, accessKey, secretKey };
}

/** Brings the settings of `natsShape` together, as `connectNats` takes them. */
export function natsAccess({
  NATS_URL: url,
  NATS_USER: user,
  NATS_PASSWORD: password,
}: z.output<z.ZodObject<typeof natsShape>>) {
  return { url, user, password };
}
