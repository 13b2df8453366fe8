import { ensureMinioUsers } from '@ddad/minio-users';
import type { S3Config } from '@ddad/storage';
import type { ClusterEnv } from './cluster-env.ts';

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
  const secrets = {
    coordinator: cluster.COORDINATOR_S3_SECRET_KEY,
    trainer: cluster.TRAINER_S3_SECRET_KEY,
    scorer: cluster.SCORER_S3_SECRET_KEY,
    cli: cluster.S3_SECRET_KEY,
  };
  await ensureMinioUsers(operatorStore(cluster), secrets, buckets);
}
