import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

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
    scratch: join(root, 'scratch'),
  };
}

/** Makes the directories, for this user's eyes only: they hold images, weights and credentials. */
export function makeHome(home: Home): void {
  for (const directory of [home.root, home.logs, home.temporal, home.nats, home.minio, home.scratch]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
}

/** The file in a home directory that lists its processes. */
export function recordPath(root: string): string {
  return homeAt(root).record;
}
