import { join } from 'node:path';
import { readClusterEnv } from '@ddad/local-cluster';
import { storeAccess } from '@ddad/platform';
import { createS3Store, type ObjectStore } from '@ddad/storage';

/** The store of the local cluster whose folder is `DDAD_HOME`, or `.ddad`. @throws Error where there is none */
export function openLocalStore(): ObjectStore {
  const file = join(process.env.DDAD_HOME ?? '.ddad', 'cluster.env');
  const env = readClusterEnv(file);
  if (env === null) throw new Error(`expected a local cluster, found no ${file}`);
  return createS3Store(storeAccess(env));
}
