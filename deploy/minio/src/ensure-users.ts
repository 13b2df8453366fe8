import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { S3Config } from '@ddad/storage';
import { createMinioAdmin } from './minio-admin.ts';

/** Who has rights of its own at the store, as the policies beside this directory say. */
export const storeUsers = ['coordinator', 'trainer', 'scorer', 'cli'] as const;
export type StoreUser = (typeof storeUsers)[number];

const policies = resolve(import.meta.dirname, '..');

/**
 * Gives each service and the command line a user of MinIO with the rights of its policy; what was there is replaced.
 * @param root as who may do everything
 * @param secrets secret key of each
 * @param buckets what the rights are for: a bucket's name, or a pattern
 */
export async function ensureMinioUsers(
  root: Pick<S3Config, 'endpoint' | 'accessKey' | 'secretKey'>,
  secrets: Readonly<Record<StoreUser, string>>,
  buckets: string,
): Promise<void> {
  const admin = createMinioAdmin(root.endpoint, root);
  await Promise.all(
    storeUsers.map(async (user) => {
      await admin.putPolicy(user, storePolicy(user, buckets));
      await admin.putUser(user, secrets[user]);
      await admin.setPolicy(user, user);
    }),
  );
}

/** A policy, which is written for the bucket `ddad`, for other buckets. */
export function storePolicy(user: StoreUser, buckets: string): object {
  const text = readFileSync(join(policies, `${user}.json`), 'utf8');
  return JSON.parse(text.replaceAll('arn:aws:s3:::ddad', `arn:aws:s3:::${buckets}`)) as object;
}
