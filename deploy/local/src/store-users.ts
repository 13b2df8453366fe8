import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { S3Config } from '@ddad/storage';
import { checkout } from './checkout.ts';
import type { ClusterEnv } from './cluster-env.ts';
import { createMinioAdmin } from './minio-admin.ts';

/** The cluster's bucket, as who may do everything with it. */
export function operatorStore(cluster: ClusterEnv): S3Config {
  return {
    endpoint: cluster.S3_ENDPOINT,
    bucket: cluster.S3_BUCKET,
    accessKey: 'operator',
    secretKey: cluster.OPERATOR_S3_SECRET_KEY,
  };
}

/**
 * Gives each service and the command line a user of MinIO, with the rights that `deploy/minio` says.
 * @param buckets what the rights are for: a bucket's name, or a pattern
 */
export async function ensureStoreUsers(cluster: ClusterEnv, buckets: string): Promise<void> {
  const { endpoint, accessKey, secretKey } = operatorStore(cluster);
  const admin = createMinioAdmin(endpoint, { accessKey, secretKey });
  const users = {
    coordinator: cluster.COORDINATOR_S3_SECRET_KEY,
    trainer: cluster.TRAINER_S3_SECRET_KEY,
    scorer: cluster.SCORER_S3_SECRET_KEY,
    cli: cluster.S3_SECRET_KEY,
  };
  await Promise.all(
    Object.entries(users).map(async ([user, secret]) => {
      await admin.putPolicy(user, storePolicy(user, buckets));
      await admin.putUser(user, secret);
      await admin.setPolicy(user, user);
    }),
  );
}

/** A policy of `deploy/minio`, which is written for the bucket `ddad`, for other buckets. */
function storePolicy(user: string, buckets: string): object {
  const text = readFileSync(join(checkout, 'deploy/minio', `${user}.json`), 'utf8');
  return JSON.parse(text.replaceAll('arn:aws:s3:::ddad', `arn:aws:s3:::${buckets}`)) as object;
}
