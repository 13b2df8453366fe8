import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClusterEnv,
  down,
  operatorStore,
  readRecord,
  readSettings,
  recordPath,
  startServers,
} from '@ddad/local-cluster';
import { createS3Store } from '@ddad/storage';
import { recordFitness } from '@ddad/storage/testing';
import { killWithUs } from './kill-with-us.ts';
import { onFreePorts } from './on-free-ports.ts';

/** Real servers on free loopback ports, for one test file. */
export interface TestServers {
  temporal: { address: string; ui: string };
  /** As a user who may do everything. */
  nats: { url: string; user: string; password: string };
  /** As a user who may do everything. Services' users have their rights in every bucket. */
  s3: { endpoint: string; bucket: string; accessKey: string; secretKey: string };
  /** What the services' clients show each other. */
  access: { token: string };
  /** What `startService` and the command line want: addresses, and the users of all. */
  env: ClusterEnv;
  /** Temporary home: logs/ holds the servers' logs. Gone after `stop`. */
  home: string;
  /** Ends the servers and removes their data. */
  stop(): Promise<void>;
}

/** Starts Temporal, NATS and a store (STORE) with empty data, and waits until they are ready; the bucket exists. */
export function startTestServers(): Promise<TestServers> {
  return onFreePorts(startOnce);
}

async function startOnce(): Promise<TestServers> {
  const home = await mkdtemp(join(tmpdir(), 'ddad-test-servers-'));
  const release = killWithUs(() => readRecord(recordPath(home)));
  const stop = async () => {
    await down({ home });
    release();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const { STORE: store } = readSettings(process.env);
    const env = await startServers({ home, environment: { PATH: process.env.PATH }, store, buckets: '*' });
    // The store's promises have a test of their own; trying them takes seconds of both cores.
    const s3 = operatorStore(env);
    await recordFitness(createS3Store(s3), s3, { rounds: 1, seconds: 0 });
    return {
      temporal: { address: env.TEMPORAL_ADDRESS, ui: env.TEMPORAL_UI },
      nats: { url: env.NATS_URL, user: 'operator', password: env.OPERATOR_NATS_PASSWORD },
      s3,
      access: { token: env.GRPC_TOKEN },
      env,
      home,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
