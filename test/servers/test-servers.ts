import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterEnv, down, readRecord, recordPath, startServers } from '@ddad/local-cluster';
import { killWithUs } from './kill-with-us.ts';

/** Real servers on free loopback ports, for one test file. */
export interface TestServers {
  temporal: { address: string; ui: string };
  nats: { url: string; user: string; password: string };
  s3: { endpoint: string; bucket: string; accessKey: string; secretKey: string };
  /** The same as environment variables, as `startService` wants them. */
  env: ClusterEnv;
  /** Temporary home: logs/ holds the servers' logs. Gone after `stop`. */
  home: string;
  /** Ends the servers and removes their data. */
  stop(): Promise<void>;
}

/** Starts Temporal, NATS and MinIO with empty data, and waits until they are ready; the bucket exists. */
export async function startTestServers(): Promise<TestServers> {
  const home = await mkdtemp(join(tmpdir(), 'ddad-test-servers-'));
  const release = killWithUs(() => readRecord(recordPath(home)));
  const stop = async () => {
    await down({ home });
    release();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const env = await startServers({ home, environment: { PATH: process.env.PATH } });
    return {
      temporal: { address: env.TEMPORAL_ADDRESS, ui: env.TEMPORAL_UI },
      nats: { url: env.NATS_URL, user: env.NATS_USER, password: env.NATS_PASSWORD },
      s3: {
        endpoint: env.S3_ENDPOINT,
        bucket: env.S3_BUCKET,
        accessKey: env.S3_ACCESS_KEY,
        secretKey: env.S3_SECRET_KEY,
      },
      env,
      home,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
