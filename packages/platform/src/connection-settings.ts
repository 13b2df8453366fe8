import type { z } from 'zod';
import type { natsShape, storeShape } from './config-shapes.ts';
import { proxyFor } from './proxy.ts';

/**
 * Brings the settings of `storeShape` together, as the storage package's `createS3Store` takes them.
 * @throws ConfigError where a variable for proxies counts and names none
 */
export function storeAccess(settings: z.output<z.ZodObject<typeof storeShape>>) {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket } = settings;
  const { S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = settings;
  const { protocol, hostname, port } = new URL(endpoint);
  const how = protocol === 'https:' ? 'https' : 'http';
  // An IPv6 host has its brackets in a URL.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const proxy = proxyFor(settings, { host, port: Number(port || (how === 'https' ? 443 : 80)) }, how);
  return { endpoint, bucket, accessKey, secretKey, ...(proxy === null ? {} : { proxy: proxy.href }) };
}

/** Brings the settings of `natsShape` together, as `connectNats` takes them. */
export function natsAccess({
  NATS_URL: url,
  NATS_USER: user,
  NATS_PASSWORD: password,
}: z.output<z.ZodObject<typeof natsShape>>) {
  return { url, user, password };
}
