import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type StoreName, storeNames } from './store-choice.ts';

/** Where a local cluster keeps everything it has. */
export interface Home {
  root: string;
  /** Addresses and credentials, KEY=VALUE lines. */
  env: string;
  /** The processes that were started. */
  record: string;
  /** Held while somebody starts or stops processes. */
  lock: string;
  logs: string;
  temporal: string;
  nats: string;
  minio: string;
  seaweedfs: string;
  /** Where jobs of trainers and the scorer keep what they work on. */
  scratch: string;
}

/** The places in a home directory; makes none of them. */
export function homeAt(root: string): Home {
  return {
    root,
    env: join(root, 'cluster.env'),
    record: join(root, 'cluster.json'),
    lock: join(root, 'cluster.lock'),
    logs: join(root, 'logs'),
    temporal: join(root, 'temporal'),
    nats: join(root, 'nats'),
    minio: join(root, 'minio'),
    seaweedfs: join(root, 'seaweedfs'),
    scratch: join(root, 'scratch'),
  };
}

/** Makes the directories, for this user's eyes only: they hold images, weights and credentials. */
export function makeHome(home: Home): void {
  for (const directory of [home.root, home.logs, home.temporal, home.nats, home.scratch]) {
    makeDirectory(directory);
  }
}

/** Makes the directory of a store, with that of its data. */
export function makeStoreHome(home: Home, store: StoreName): void {
  for (const directory of [home[store], storeData(home, store)]) makeDirectory(directory);
}

/** Where a store keeps what it stores. */
export function storeData(home: Home, store: StoreName): string {
  return join(home[store], 'data');
}

/** The stores that have kept something in this home. */
export function storesWithData(home: Home): StoreName[] {
  return storeNames.filter((store) => {
    try {
      return readdirSync(storeData(home, store)).length > 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
}

function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/** The file in a home directory that lists its processes. */
export function recordPath(root: string): string {
  return homeAt(root).record;
}
