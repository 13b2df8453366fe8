import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectNats, createLogger, storeAccess } from '@ddad/platform';
import { createS3Store } from '@ddad/storage';
import { expect, onTestFinished, test } from 'vitest';
import { down, startServers, status } from './cluster.ts';
import type { Report } from './cluster-processes.ts';
import { readRecord } from './cluster-record.ts';
import { recordPath } from './home.ts';
import { isRunning, signal } from './process-identity.ts';
import { temporaryDirectory } from './temporary-directory.testing.ts';

const environment = { PATH: process.env.PATH };

/** Home of a cluster that runs no longer than its test. */
function clusterHome(): string {
  const home = temporaryDirectory();
  onTestFinished(async () => {
    await down({ home });
  });
  return home;
}

/** Collects what happens to each process. */
function listen(): { events: Record<string, string>; report: Report } {
  const events: Record<string, string> = {};
  return {
    events,
    report: ({ name, what }) => {
      events[name] = what;
    },
  };
}

test('starts the three servers once, replaces one that died, stops all and leaves no process', async () => {
  const home = clusterHome();
  const first = listen();
  const env = await startServers({ home, environment, report: first.report });
  expect(first.events).toEqual({ temporal: 'ready', nats: 'ready', minio: 'ready' });
  expect(statSync(join(home, 'cluster.env')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'nats/nats.conf')).mode & 0o777).toBe(0o600);

  const store = createS3Store(storeAccess(env));
  await store.put('datasets/kept', 'data');

  const processes = readRecord(recordPath(home));
  const nats = processes.find(({ name }) => name === 'nats')!;
  signal(nats, 'SIGKILL');
  await expect.poll(() => isRunning(nats)).toBe(false);
  const before = await status({ home, environment });
  expect(Object.fromEntries(before.processes.map(({ name, state }) => [name, state]))).toEqual({
    temporal: 'ready',
    nats: 'ended',
    minio: 'ready',
  });

  const second = listen();
  expect(await startServers({ home, environment, report: second.report })).toEqual(env);
  expect(second.events).toEqual({ temporal: 'kept', nats: 'ready', minio: 'kept' });

  const all = [...processes, ...readRecord(recordPath(home))];
  await down({ home });
  expect(all.filter(isRunning)).toEqual([]);
  expect((await status({ home, environment })).processes).toEqual([]);

  // Data, ports and credentials outlive the processes.
  expect(await startServers({ home, environment })).toEqual(env);
  expect((await store.get('datasets/kept')).toString()).toBe('data');
});

test('NATS and MinIO refuse who has no credentials', async () => {
  const home = clusterHome();
  // Of a version that knew fewer users: chosen anew, as nothing runs by it.
  writeFileSync(join(home, 'cluster.env'), 'NATS_URL=nats://127.0.0.1:4222\nNATS_USER=ddad\n');
  const env = await startServers({ home, environment });
  const logger = createLogger('test', 'silent');
  await expect(connectNats({ url: env.NATS_URL, name: 'test', logger })).rejects.toThrow(/refuses the user/);
  const store = createS3Store({
    endpoint: env.S3_ENDPOINT,
    bucket: env.S3_BUCKET,
    accessKey: 'minioadmin',
    secretKey: 'minioadmin',
  });
  await expect(store.get('anything')).rejects.toThrow(/Access Key/);
});
