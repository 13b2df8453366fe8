import { startMinio } from './minio-server.testing.ts';
import { startSeaweedfs } from './seaweedfs-server.testing.ts';
import type { RunningStore } from './store-server.testing.ts';

const stores = { minio: startMinio, seaweedfs: startSeaweedfs };

/** The store that tests are run on: the one that the variable STORE names, else MinIO. */
export function startStore(): Promise<RunningStore> {
  const name = process.env.STORE || 'minio';
  const start = Object.entries(stores).find(([known]) => known === name)?.[1];
  if (start === undefined) {
    throw new Error(`STORE: expected one of ${Object.keys(stores).join(', ')}, got ${name}`);
  }
  return start();
}
