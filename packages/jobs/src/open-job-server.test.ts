import { once } from 'node:events';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { createLogger, Registry, Shutdown } from '@ddad/platform';
import { checkHealth, createServer } from '@ddad/rpc';
import { expect, test } from 'vitest';
import { openJobServer } from './open-job-server.ts';

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a service that is unfit is not ready for those who probe it, and still serves its callers', async () => {
  const operations = `127.0.0.1:${await freePort()}`;
  const shutdown = new Shutdown();
  let fit = false;
  try {
    const port = await openJobServer(createServer(), {
      address: '127.0.0.1:0',
      reachable: '127.0.0.1',
      access: {},
      operations,
      registry: new Registry(),
      fit: () => fit,
      logger: createLogger('test', 'silent'),
      shutdown,
    });
    const ready = async () => (await fetch(`http://${operations}/readyz`)).status;
    expect(await ready()).toBe(503);
    expect((await fetch(`http://${operations}/healthz`)).status).toBe(200);
    expect(await checkHealth(`127.0.0.1:${port}`, { limitMs: 5000 })).toBe('SERVING');
    fit = true;
    expect(await ready()).toBe(200);
  } finally {
    await shutdown.close();
  }
});
