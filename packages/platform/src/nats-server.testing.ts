import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A real nats-server (from PATH) with JetStream, on a free port of loopback, for tests. */
export interface TestNatsServer {
  readonly url: string;
  /** Ends it without a word. Its data stays unless `keepData` is false. */
  kill(keepData?: boolean): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

export async function startNatsServer(...flags: string[]): Promise<TestNatsServer> {
  const data = await mkdtemp(join(tmpdir(), 'ddad-nats-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  const start = async () => {
    child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', data, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    for await (const line of createInterface({ input: child.stderr! })) {
      log += `${line}\n`;
      if (!line.includes('Server is ready')) continue;
      // Leaving the loop closes the reader; the pipe must still be emptied.
      child.stderr!.resume();
      return;
    }
    throw new Error(`nats-server did not start:\n${log}`);
  };
  const kill = async (keepData = true) => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    if (!keepData) await rm(data, { recursive: true, force: true });
  };

  await start();
  return { url: `nats://127.0.0.1:${port}`, kill, start, dispose: () => kill(false) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}
