import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ClusterEnv, partPortsOf, portOf, readClusterEnv, writeClusterEnv } from './cluster-env.ts';
import { temporaryDirectory } from './temporary-directory.testing.ts';

const secret = (name: string) => name.padEnd(32, '-');

const env: ClusterEnv = {
  TEMPORAL_ADDRESS: '127.0.0.1:1001',
  TEMPORAL_UI: 'http://127.0.0.1:1002',
  NATS_URL: 'nats://127.0.0.1:1003',
  NATS_USER: 'cli',
  NATS_PASSWORD: secret('one'),
  S3_ENDPOINT: 'http://127.0.0.1:1004',
  S3_BUCKET: 'ddad',
  S3_ACCESS_KEY: 'an-access-key',
  S3_SECRET_KEY: secret('another'),
  STORE: 'seaweedfs',
  SEAWEEDFS_PORTS: '2001,2002,2003,2004,2005,2006,2007',
  PAGE_URL: 'http://127.0.0.1:1006',
  GRPC_TOKEN: secret('token'),
  OPERATOR_NATS_PASSWORD: secret('on'),
  OPERATOR_S3_SECRET_KEY: secret('os'),
  COORDINATOR_NATS_PASSWORD: secret('cn'),
  COORDINATOR_S3_SECRET_KEY: secret('cs'),
  TRAINER_NATS_PASSWORD: secret('tn'),
  TRAINER_S3_SECRET_KEY: secret('ts'),
  SCORER_NATS_PASSWORD: secret('sn'),
  SCORER_S3_SECRET_KEY: secret('ss'),
};

test('what is written is read back, a line a variable', () => {
  const path = join(temporaryDirectory(), 'cluster.env');
  writeClusterEnv(path, env);
  expect(readClusterEnv(path)).toEqual(env);
  expect(readFileSync(path, 'utf8').split('\n')).toContain('NATS_URL=nats://127.0.0.1:1003');
});

test('is readable for its owner only, also where an open one was there before', () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'cluster.env');
  writeFileSync(path, '');
  chmodSync(path, 0o644);
  writeClusterEnv(path, env);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['cluster.env']);
});

test('a file from before there was a choice of stores means MinIO', () => {
  const path = join(temporaryDirectory(), 'cluster.env');
  writeClusterEnv(path, env);
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.filter((line) => !/^(STORE|SEAWEEDFS)/.test(line)).join('\n'));
  expect(readClusterEnv(path)).toEqual({ ...env, STORE: 'minio', SEAWEEDFS_PORTS: '' });
});

test('no file is no cluster', () => {
  expect(readClusterEnv(join(temporaryDirectory(), 'cluster.env'))).toBeNull();
});

test('names every fault of a damaged file and shows no value', () => {
  const path = join(temporaryDirectory(), 'cluster.env');
  writeClusterEnv(path, { ...env, NATS_URL: 'nats://example.org:4222', S3_SECRET_KEY: 'short' });
  expect(() => readClusterEnv(path)).toThrow(/NATS_URL.*S3_SECRET_KEY/);
  expect(() => readClusterEnv(path)).not.toThrow(/short|example/);
});

test('takes the port off the end of addresses and URLs', () => {
  expect([env.TEMPORAL_ADDRESS, env.TEMPORAL_UI, env.NATS_URL].map(portOf)).toEqual([1001, 1002, 1003]);
  expect(partPortsOf(env)).toEqual([2001, 2002, 2003, 2004, 2005, 2006, 2007]);
  expect(partPortsOf({ SEAWEEDFS_PORTS: '' })).toEqual([]);
});
