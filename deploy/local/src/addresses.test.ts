import { seaweedfsPartPorts } from '@ddad/storage/seaweedfs';
import { expect, test } from 'vitest';
import { settleAddresses } from './addresses.ts';
import { type ClusterEnv, clusterEnvSchema, partPortsOf, portOf } from './cluster-env.ts';
import { choosePorts } from './ports.ts';

test('the first start gets free ports and credentials of its own', async () => {
  const one = await settleAddresses({}, null, new Set(), 'minio');
  const two = await settleAddresses({}, null, new Set(), 'minio');
  expect(clusterEnvSchema.parse(one)).toEqual(one);
  const secretsIn = (env: ClusterEnv) =>
    Object.entries(env).flatMap(([key, value]) => (/(PASSWORD|SECRET_KEY|TOKEN)$/.test(key) ? [value] : []));
  const secrets = [...secretsIn(one), ...secretsIn(two)];
  // The token, and for the command line, the operator and three services two each.
  expect(secrets).toHaveLength(2 * 11);
  expect(new Set(secrets).size).toBe(secrets.length);
  for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{48}$/);
});

test('a later start keeps ports and credentials', async () => {
  const last = await settleAddresses({}, null, new Set(), 'minio');
  expect(await settleAddresses({}, last, new Set(), 'minio')).toEqual(last);
});

test('a set port is taken, the others stay', async () => {
  const last = await settleAddresses({}, null, new Set(), 'minio');
  const [port] = await choosePorts([{ name: 'NATS_PORT' }]);
  const next = await settleAddresses({ NATS_PORT: port }, last, new Set(), 'minio');
  expect(next).toEqual({ ...last, NATS_URL: `nats://127.0.0.1:${port}` });
});

test('a running process keeps its port: another one is refused, its own is not', async () => {
  const last = await settleAddresses({}, null, new Set(), 'minio');
  const running = new Set(['minio']);
  const now = portOf(last.S3_ENDPOINT);
  expect(await settleAddresses({ MINIO_PORT: now }, last, running, 'minio')).toEqual(last);
  await expect(settleAddresses({ MINIO_PORT: now - 1 }, last, running, 'minio')).rejects.toThrow(
    `MINIO_PORT=${now - 1}: it runs on ${now} now`,
  );
});

test('SeaweedFS has a port for each of its parts, and keeps them', async () => {
  const first = await settleAddresses({}, null, new Set(), 'seaweedfs');
  const ports = partPortsOf(first);
  expect(ports).toHaveLength(seaweedfsPartPorts);
  expect(new Set([...ports, portOf(first.S3_ENDPOINT)]).size).toBe(seaweedfsPartPorts + 1);
  expect(await settleAddresses({}, first, new Set(), 'seaweedfs')).toEqual(first);
  expect(await settleAddresses({}, first, new Set(['seaweedfs']), 'seaweedfs')).toEqual(first);
  const [port] = await choosePorts([{ name: 'MINIO_PORT' }]);
  await expect(
    settleAddresses({ MINIO_PORT: port }, first, new Set(['seaweedfs']), 'seaweedfs'),
  ).rejects.toThrow(`MINIO_PORT=${port}: it runs on ${portOf(first.S3_ENDPOINT)} now`);
});
