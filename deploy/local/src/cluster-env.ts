import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { parseHostPort } from '@ddad/contract';
import { seaweedfsPartPorts } from '@ddad/storage/seaweedfs';
import { z } from 'zod';
import { replaceFile } from './replace-file.ts';
import { storeNames } from './store-choice.ts';

const address = z.string().regex(/^127\.0\.0\.1:[0-9]+$/, 'expected 127.0.0.1:port');

const secret = z.string().min(32, 'expected at least 32 characters');

/**
 * How to reach a local cluster: the environment that its commands read. The credentials are the command line's, and the
 * secrets of the other users beside them; each service gets its own only (`environmentOf`).
 */
export const clusterEnvSchema = z.object({
  TEMPORAL_ADDRESS: address,
  /** URL of the Temporal UI. */
  TEMPORAL_UI: z.url(),
  NATS_URL: z.string().regex(/^nats:\/\/127\.0\.0\.1:[0-9]+$/, 'expected nats://127.0.0.1:port'),
  NATS_USER: z.string().min(1),
  NATS_PASSWORD: secret,
  S3_ENDPOINT: z.string().regex(/^http:\/\/127\.0\.0\.1:[0-9]+$/, 'expected http://127.0.0.1:port'),
  S3_BUCKET: z.string().min(3),
  S3_ACCESS_KEY: z.string().min(3),
  S3_SECRET_KEY: secret,
  /** Those that were made before there was a choice have MinIO. */
  STORE: z.enum(storeNames).default('minio'),
  /** Ports that the parts of SeaweedFS take beside that of S3; empty with another store. */
  SEAWEEDFS_PORTS: z
    .string()
    .regex(
      new RegExp(`^(\\d+(,\\d+){${seaweedfsPartPorts - 1}})?$`),
      `expected ${seaweedfsPartPorts} ports, or none`,
    )
    .default(''),
  /** URL of the coordinator's progress pages. */
  PAGE_URL: z.string().regex(/^http:\/\/127\.0\.0\.1:[0-9]+$/, 'expected http://127.0.0.1:port'),
  GRPC_TOKEN: secret,
  OPERATOR_NATS_PASSWORD: secret,
  OPERATOR_S3_SECRET_KEY: secret,
  COORDINATOR_NATS_PASSWORD: secret,
  COORDINATOR_S3_SECRET_KEY: secret,
  TRAINER_NATS_PASSWORD: secret,
  TRAINER_S3_SECRET_KEY: secret,
  SCORER_NATS_PASSWORD: secret,
  SCORER_S3_SECRET_KEY: secret,
});
export type ClusterEnv = z.infer<typeof clusterEnvSchema>;

/** `cluster.env` does not hold what this version expects. */
export class ClusterEnvFault extends Error {
  override readonly name = 'ClusterEnvFault';
}

/**
 * Reads `cluster.env`.
 * @returns null where there is no such file
 * @throws ClusterEnvFault where it is damaged; names every faulty line's key, never a value
 */
export function readClusterEnv(path: string): ClusterEnv | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const parsed = clusterEnvSchema.safeParse(parseEnv(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ClusterEnvFault(
    `${path} is damaged, or of an older version (${faults.join('; ')}); after "make down", remove it to let "make up" ` +
      'choose addresses and credentials anew; the data stay',
  );
}

/** Writes `cluster.env` with mode 0600: it holds credentials. */
export function writeClusterEnv(path: string, env: ClusterEnv): void {
  const lines = Object.keys(clusterEnvSchema.shape).map((key) => `${key}=${env[key as keyof ClusterEnv]}\n`);
  replaceFile(path, lines.join(''));
}

/** Ports of SeaweedFS's parts; none with another store. */
export function partPortsOf({ SEAWEEDFS_PORTS: ports }: Pick<ClusterEnv, 'SEAWEEDFS_PORTS'>): number[] {
  return ports === '' ? [] : ports.split(',').map(Number);
}

/** The port of an address of `cluster.env`, host:port or a URL. */
export function portOf(place: string): number {
  const port = parseHostPort(place.replace(/^[a-z]+:\/\//, ''))?.port;
  if (port === undefined) throw new Error(`expected host:port or a URL with a port, got ${place}`);
  return port;
}
