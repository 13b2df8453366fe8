import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureMinioUsers, storePolicy, storeUsers } from '@ddad/minio-users';
import { createS3Store, type S3Config, StoreError } from '@ddad/storage';
import { filerSettings, seaweedfsFiles, seaweedfsUsers, selfSigned } from '@ddad/storage/seaweedfs';
import type { ClusterEnv } from './cluster-env.ts';
import { type Home, makeStoreHome } from './home.ts';
import { type ProcessIdentity, signal } from './process-identity.ts';
import { replaceFile } from './replace-file.ts';
import { waitUntil } from './wait-until.ts';

/** How long a store may take to go by its users' rights. */
const limitMs = 30_000;

/** The cluster's bucket, as who may do everything with it. */
export function operatorStore(cluster: ClusterEnv): S3Config {
  return {
    endpoint: cluster.S3_ENDPOINT,
    bucket: cluster.S3_BUCKET,
    accessKey: 'operator',
    secretKey: cluster.OPERATOR_S3_SECRET_KEY,
  };
}

/** Lays out what the cluster's store must find when it starts. @param buckets as of `ensureStoreUsers` */
export function prepareStore(home: Home, cluster: ClusterEnv, buckets: string): void {
  makeStoreHome(home, cluster.STORE);
  if (cluster.STORE !== 'seaweedfs') return;
  const parts = join(home.seaweedfs, seaweedfsFiles.parts);
  if (!existsSync(parts)) replaceFile(parts, selfSigned('ddad-local-seaweedfs'));
  const filer = join(home.seaweedfs, seaweedfsFiles.filer);
  mkdirSync(dirname(filer), { recursive: true });
  replaceFile(filer, filerSettings(home.seaweedfs));
  replaceFile(join(home.seaweedfs, seaweedfsFiles.users), usersOfSeaweedfs(cluster, buckets).content);
}

/**
 * Gives each service and the command line a user of the store, with the rights that `deploy/minio` says.
 * @param store its process
 * @param buckets what the rights are for: a bucket's name, or a pattern
 */
export async function ensureStoreUsers(
  cluster: ClusterEnv,
  store: ProcessIdentity,
  buckets: string,
): Promise<void> {
  if (cluster.STORE === 'minio') {
    return await ensureMinioUsers(operatorStore(cluster), secretsOfUsers(cluster), buckets);
  }
  const { witness } = usersOfSeaweedfs(cluster, buckets);
  const asWitness = createS3Store({ ...operatorStore(cluster), ...witness });
  const knows = async () => {
    try {
      await asWitness.list('');
      throw new Error('expected the store to deny a user without rights a listing, got one');
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === 'AccessDenied') return true;
      if (error.code !== 'InvalidAccessKeyId') throw error;
    }
    // One that was running reads the file anew when it is told so.
    signal(store, 'SIGHUP');
    return false;
  };
  if (await waitUntil(knows, limitMs)) return;
  throw new Error(`SeaweedFS did not take over its users' rights within ${limitMs / 1000} s`);
}

function usersOfSeaweedfs(cluster: ClusterEnv, buckets: string) {
  const secrets = secretsOfUsers(cluster);
  return seaweedfsUsers([
    { name: 'operator', secretKey: cluster.OPERATOR_S3_SECRET_KEY, policy: null },
    ...storeUsers.map((name) => ({ name, secretKey: secrets[name], policy: storePolicy(name, buckets) })),
  ]);
}

function secretsOfUsers(cluster: ClusterEnv) {
  return {
    coordinator: cluster.COORDINATOR_S3_SECRET_KEY,
    trainer: cluster.TRAINER_S3_SECRET_KEY,
    scorer: cluster.SCORER_S3_SECRET_KEY,
    cli: cluster.S3_SECRET_KEY,
  };
}
