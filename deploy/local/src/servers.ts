import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accounts, secretsOf } from '@ddad/platform';
import { seaweedfsProgram } from '@ddad/storage/seaweedfs';
import { checkout, findBinary } from './checkout.ts';
import { type ClusterEnv, partPortsOf, portOf } from './cluster-env.ts';
import { type Home, storeData } from './home.ts';
import { httpReady, natsReady, temporalReady } from './readiness.ts';
import { replaceFile } from './replace-file.ts';
import type { ProgramSpec } from './start-process.ts';
import { storeNames } from './store-choice.ts';

/** Of them a cluster has one store. */
export const serverNames = ['temporal', 'nats', ...storeNames] as const;
export type ServerName = (typeof serverNames)[number];

const readyLimitMs = 60_000;

/**
 * The three servers that a cluster stands on, all on loopback, with their data under the home.
 * Writes NATS's configuration file; starts nothing.
 * @param path value of PATH, to find the binaries
 */
export function serverSpecs(home: Home, env: ClusterEnv, path: string | undefined): ProgramSpec[] {
  // Nothing else of our environment: settings for other servers must not steer these.
  const base = { PATH: path ?? '/usr/bin:/bin', LANG: 'C.UTF-8' };
  return [
    temporalSpec(home, env, base, path),
    natsSpec(home, env, base, path),
    storeSpecs[env.STORE](home, env, base, path),
  ];
}

function temporalSpec(home: Home, env: ClusterEnv, base: Record<string, string>, path?: string): ProgramSpec {
  return {
    name: 'temporal',
    command: findBinary('temporal', path),
    args: [
      'server',
      'start-dev',
      ...['--db-filename', join(home.temporal, 'temporal.db')],
      ...['--ip', '127.0.0.1', '--port', String(portOf(env.TEMPORAL_ADDRESS))],
      ...['--ui-ip', '127.0.0.1', '--ui-port', String(portOf(env.TEMPORAL_UI))],
      ...['--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
    ],
    env: { ...base, HOME: home.temporal },
    cwd: home.temporal,
    log: join(home.logs, 'temporal.log'),
    address: env.TEMPORAL_ADDRESS,
    ready: () => temporalReady({ address: env.TEMPORAL_ADDRESS }, 'default'),
    readyLimitMs,
  };
}

function natsSpec(home: Home, env: ClusterEnv, base: Record<string, string>, path?: string): ProgramSpec {
  const port = portOf(env.NATS_URL);
  const config = join(home.nats, 'nats.conf');
  replaceFile(
    config,
    [
      'server_name: ddad-local',
      'host: "127.0.0.1"',
      `port: ${port}`,
      // Of all that travels here the longest is an entry of 8 KiB.
      'max_payload: 64KB',
      `jetstream { store_dir: ${JSON.stringify(join(home.nats, 'data'))} }`,
      `CLI_NATS_PASSWORD: ${JSON.stringify(env.NATS_PASSWORD)}`,
      ...accounts.map((account) => {
        const { nats } = secretsOf(account);
        return `${nats}: ${JSON.stringify(env[nats])}`;
      }),
      readFileSync(join(checkout, 'deploy/nats/users.conf'), 'utf8'),
    ].join('\n'),
  );
  return {
    name: 'nats',
    command: findBinary('nats-server', path),
    args: ['--config', config],
    env: { ...base, HOME: home.nats },
    cwd: home.nats,
    log: join(home.logs, 'nats.log'),
    address: `127.0.0.1:${port}`,
    ready: () => natsReady(port),
    readyLimitMs,
  };
}

function minioSpec(home: Home, env: ClusterEnv, base: Record<string, string>, path?: string): ProgramSpec {
  const address = `127.0.0.1:${portOf(env.S3_ENDPOINT)}`;
  return {
    name: 'minio',
    command: findBinary('minio', path),
    args: [
      'server',
      storeData(home, 'minio'),
      ...['--address', address],
      ...['--certs-dir', join(home.minio, 'certs')],
    ],
    env: {
      ...base,
      HOME: home.minio,
      MINIO_ROOT_USER: 'operator',
      MINIO_ROOT_PASSWORD: env.OPERATOR_S3_SECRET_KEY,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
    cwd: home.minio,
    log: join(home.logs, 'minio.log'),
    address,
    ready: () => httpReady(`${env.S3_ENDPOINT}/minio/health/ready`),
    readyLimitMs,
  };
}

function seaweedfsSpec(
  home: Home,
  env: ClusterEnv,
  base: Record<string, string>,
  path?: string,
): ProgramSpec {
  const s3Port = portOf(env.S3_ENDPOINT);
  const { args, env: settings } = seaweedfsProgram({
    folder: home.seaweedfs,
    s3Port,
    partPorts: partPortsOf(env),
    secret: env.OPERATOR_S3_SECRET_KEY,
  });
  return {
    name: 'seaweedfs',
    command: findBinary('weed', path),
    args,
    env: { ...base, HOME: home.seaweedfs, ...settings },
    cwd: home.seaweedfs,
    log: join(home.logs, 'seaweedfs.log'),
    address: `127.0.0.1:${s3Port}`,
    ready: () => httpReady(`${env.S3_ENDPOINT}/healthz`),
    readyLimitMs,
  };
}

const storeSpecs = { minio: minioSpec, seaweedfs: seaweedfsSpec };
