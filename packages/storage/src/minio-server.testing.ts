import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureBucket, type S3Config } from './s3-store.ts';

export interface RunningMinio {
  /** Of an existing bucket. */
  config: S3Config;
  close(): Promise<void>;
}

/** A MinIO server on a free loopback port with data in a temporary folder; its binary is $DDAD_MINIO or on PATH. */
export async function startMinio(): Promise<RunningMinio> {
  const binary = findMinio();
  const folder = await mkdtemp('/tmp/ddad-minio-');
  const port = await freePort();
  const config: S3Config = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'ddad',
    accessKey: 'tester',
    secretKey: 'not-a-secret',
  };
  const child = spawn(binary, ['server', folder, '--address', `127.0.0.1:${port}`, '--quiet'], {
    env: {
      HOME: folder,
      MINIO_ROOT_USER: config.accessKey,
      MINIO_ROOT_PASSWORD: config.secretKey,
      MINIO_BROWSER: 'off',
    },
    stdio: 'ignore',
  });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const close = async () => {
    process.off('exit', killWithUs);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(config, child);
  } catch (error) {
    await close();
    throw error;
  }
  return { config, close };
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
  return address.port;
}

function findMinio(): string {
  const given = process.env.DDAD_MINIO;
  const candidates =
    given === undefined
      ? (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'minio'))
      : [given];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(
      'expected a MinIO server at $DDAD_MINIO or on PATH, found none; `make test` brings it along',
    );
  }
  return found;
}

async function untilReady(config: S3Config, child: ChildProcess): Promise<void> {
  const until = performance.now() + 20_000;
  for (;;) {
    try {
      return await ensureBucket(config);
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`MinIO exited with ${child.exitCode}`, { cause: error });
      if (performance.now() > until) throw new Error('MinIO was not ready within 20 s', { cause: error });
    }
    // MinIO tells nobody when it is ready.
    await delay(50);
  }
}
