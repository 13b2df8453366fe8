import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readsWhatItWrote } from './reads-what-it-wrote.ts';
import { createS3Store, ensureBucket, type S3Config } from './s3-store.ts';

/** A real store, for one test file. */
export interface RunningStore {
  /** Of an existing bucket. */
  config: S3Config;
  close(): Promise<void>;
}

export interface StoreServer {
  /** For people. */
  name: string;
  binary: string;
  args: readonly string[];
  env: Record<string, string>;
  config: S3Config;
  /** What is gone with the server, its folder among it. */
  leftOvers: readonly string[];
}

/** Who may do everything with a test's store. */
export const operator = { bucket: 'ddad', accessKey: 'tester', secretKey: 'not-a-secret' };

/** Starts a store, and waits until its bucket is there; it ends with us at the latest. */
export async function startStoreServer(server: StoreServer): Promise<RunningStore> {
  const { config } = server;
  const child = spawn(server.binary, server.args, { env: server.env, stdio: ['ignore', 'ignore', 'pipe'] });
  // Its last words, for who asks why it did not start.
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
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
    await Promise.all(server.leftOvers.map((path) => rm(path, { recursive: true, force: true })));
  };
  try {
    await untilReady(server, child);
  } catch (cause) {
    await close();
    throw new Error(`${server.name} did not start; it said last:\n${said}`, { cause });
  }
  return { config, close };
}

/** The program of a store: at the place that a variable of the environment names, else on PATH. */
export function findProgram(variable: string, name: string): string {
  const given = process.env[variable];
  const candidates =
    given === undefined
      ? (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
      : [given];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(`expected ${name} at $${variable} or on PATH, found none; \`make test\` brings it along`);
  }
  return found;
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** So many of them, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(held.map((server) => once(server, 'listening')));
  const ports = held.map((server) => {
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
    return address.port;
  });
  await Promise.all(
    held.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
}

async function untilReady({ name, config }: StoreServer, child: ChildProcess): Promise<void> {
  const until = performance.now() + 30_000;
  const store = createS3Store({ ...config, retries: 0 });
  for (;;) {
    try {
      await ensureBucket(config);
      if (await readsWhatItWrote(store, 'started')) return;
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`${name} exited with ${child.exitCode}`, { cause: error });
      if (performance.now() > until) throw new Error(`${name} was not ready within 30 s`, { cause: error });
    }
    // Neither store tells when it is ready.
    await delay(50);
  }
}
