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
import { readSettings } from './settings.ts';
import { temporaryDirectory } from './temporary-directory.testing.ts';

const environment = { PATH: process.env.PATH };
/** The one that these tests are run on. */
const { STORE: store = 'minio' } = readSettings(process.env);

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
  const env = await startServers({ home, environment, store, report: first.report });
  expect(first.events).toEqual({ temporal: 'ready', nats: 'ready', [store]: 'ready' });
  expect(statSync(join(home, 'cluster.env')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'nats/nats.conf')).mode & 0o777).toBe(0o600);

  const objects = createS3Store(storeAccess(env));
  await objects.put('datasets/kept', 'data');

  const processes = readRecord(recordPath(home));
  const nats = processes.find(({ name }) => name === 'nats')!;
  signal(nats, 'SIGKILL');
  await expect.poll(() => isRunning(nats)).toBe(false);
  const before = await status({ home, environment });
  expect(Object.fromEntries(before.processes.map(({ name, state }) => [name, state]))).toEqual({
    temporal: 'ready',
    nats: 'ended',
    [store]: 'ready',
  });

  const second = listen();
  expect(await startServers({ home, environment, report: second.report })).toEqual(env);
  expect(second.events).toEqual({ temporal: 'kept', nats: 'ready', [store]: 'kept' });

  const all = [...processes, ...readRecord(recordPath(home))];
  await down({ home });
  expect(all.filter(isRunning)).toEqual([]);
  expect((await status({ home, environment })).processes).toEqual([]);

  // Data, ports and credentials outlive the processes, and the data stay in their store.
  expect(await startServers({ home, environment })).toEqual(env);
  expect((await objects.get('datasets/kept')).toString()).toBe('data');
});

test('a cluster with data in one store does not start on another', async () => {
  const home = clusterHome();
  await startServers({ home, environment, store });
  const other = store === 'minio' ? 'seaweedfs' : 'minio';
  await expect(startServers({ home, environment, store: other })).rejects.toThrow(`STORE: expected ${store}`);
});

test('NATS and the store refuse who has no credentials', async () => {
  const home = clusterHome();
  // Of a version that knew fewer users: chosen anew, as nothing runs by it.
  writeFileSync(join(home, 'cluster.env'), 'NATS_URL=nats://127.0.0.1:4222\nNATS_USER=ddad\n');
  const env = await startServers({ home, environment, store });
  const logger = createLogger('test', 'silent');
  await expect(connectNats({ url: env.NATS_URL, name: 'test', logger })).rejects.toThrow(/refuses the user/);
  const objects = createS3Store({
    endpoint: env.S3_ENDPOINT,
    bucket: env.S3_BUCKET,
    accessKey: 'minioadmin',
    secretKey: 'minioadmin',
  });
  await expect(objects.get('anything')).rejects.toMatchObject({ code: 'InvalidAccessKeyId' });
});
