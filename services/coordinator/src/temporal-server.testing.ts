import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { NativeConnection } from '@temporalio/worker';
import { connectTemporal } from './temporal-connection.ts';

/** A real Temporal dev server (from PATH) in memory, on a free port of loopback, for tests. */
export interface TestTemporalServer {
  readonly address: string;
  /** The server closes it. */
  readonly connection: NativeConnection;
  dispose(): Promise<void>;
}

export async function startTemporalServer(): Promise<TestTemporalServer> {
  const port = await freePort();
  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'error'];
  const child = spawn('temporal', ['server', 'start-dev', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4000);
    });
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const address = `127.0.0.1:${port}`;
  try {
    const connection = await connectTemporal({ address }, 20_000);
    return {
      address,
      connection,
      async dispose() {
        await connection.close();
        await kill();
      },
    };
  } catch (error) {
    await kill();
    throw new Error(`the Temporal dev server did not start:\n${log}`, { cause: error });
  }
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
