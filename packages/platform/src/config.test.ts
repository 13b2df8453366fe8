import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.ts';
import { logShape, natsShape, storeShape, temporalShape } from './config-shapes.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

const schema = z.object({
  ...temporalShape,
  ...natsShape,
  ...storeShape,
  ...logShape,
  THREADS: z.coerce.number().int().min(1).max(64).default(1),
});
const complete = {
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  NATS_URL: 'nats://127.0.0.1:4222',
  S3_ENDPOINT: 'http://127.0.0.1:9000',
  S3_ACCESS_KEY: 'access',
  S3_SECRET_KEY: 'secret',
};

function faultsOf(env: Record<string, string>): Record<string, string> {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError)
      return Object.fromEntries(error.faults.map(({ path, message }) => [path, message]));
    throw error;
  }
  throw new Error('expected a ConfigError');
}

test('fills in defaults, converts numbers and leaves out variables that are nobody’s', () => {
  expect(readConfig(schema, { ...complete, THREADS: '4', NATS_USER: '', HOME: '/root' })).toEqual({
    ...complete,
    TEMPORAL_NAMESPACE: 'default',
    S3_BUCKET: 'ddad',
    LOG_LEVEL: 'info',
    THREADS: 4,
  });
});

test('X_FILE names a file that holds X, without the line break at its end', async () => {
  const file = join(directory, 'secret');
  await writeFile(file, ' two words \n');
  const { S3_SECRET_KEY, ...rest } = complete;
  expect(S3_SECRET_KEY).toBe('secret');
  expect(readConfig(schema, { ...rest, S3_SECRET_KEY_FILE: file }).S3_SECRET_KEY).toBe(' two words ');
});

test('every fault is listed in one message, by variable, with what was expected and what came', () => {
  const { NATS_URL, ...rest } = complete;
  expect(NATS_URL).toBeDefined();
  const env = {
    ...rest,
    TEMPORAL_ADDRESS: 'localhost',
    S3_ACCESS_KEY_FILE: '/somewhere',
    S3_SECRET_KEY: '',
    S3_SECRET_KEY_FILE: join(directory, 'missing'),
    LOG_LEVEL: 'loud',
    THREADS: 'many',
  };
  const faults = faultsOf(env);
  expect(Object.keys(faults).sort()).toEqual([
    'LOG_LEVEL',
    'NATS_URL',
    'S3_ACCESS_KEY',
    'S3_SECRET_KEY',
    'TEMPORAL_ADDRESS',
    'THREADS',
  ]);
  expect(faults.TEMPORAL_ADDRESS).toBe('expected host:port, got "localhost"');
  expect(faults.NATS_URL).toBe(
    'expected the address of NATS, nats://host:port, got nothing (set NATS_URL, or NATS_URL_FILE to a file that holds it)',
  );
  expect(faults.S3_ACCESS_KEY).toBe('expected one of S3_ACCESS_KEY and S3_ACCESS_KEY_FILE, got both');
  expect(faults.S3_SECRET_KEY).toMatch(/^expected S3_SECRET_KEY_FILE to name a readable file, got ENOENT/);
  expect(faults.LOG_LEVEL).toMatch(/^expected one of .*"info".*, got "loud"$/);
  expect(faults.THREADS).toMatch(/^expected number.*, got "many"$/);
  expect(() => readConfig(schema, env)).toThrow(/TEMPORAL_ADDRESS: .*\n(.*\n)*.*THREADS: /);
});

test('values of secrets and credentials in addresses are not shown', () => {
  const secrets = z.object({
    API_TOKEN: z.string().min(100),
    DB_PASSWORD: z.string().min(100),
    S3_SECRET_KEY: z.string().min(100),
    NATS_URL: natsShape.NATS_URL,
  });
  const env = {
    API_TOKEN: 'hush-1',
    DB_PASSWORD: 'hush-2',
    S3_SECRET_KEY: 'hush-3',
    NATS_URL: 'nats://user:hush-4@host:4222',
  };
  let message = '';
  try {
    readConfig(secrets, env);
  } catch (error) {
    message = String(error);
  }
  expect(message.match(/API_TOKEN|DB_PASSWORD|S3_SECRET_KEY/g)).toHaveLength(3);
  expect(message).toContain('got "nats://***@host:4222"');
  expect(message).not.toContain('hush');
});
