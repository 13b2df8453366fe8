import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { onFreePorts } from './on-free-ports.ts';

test('what finds its port taken is started again, and anything else is not', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const ports = [port, 0];
  const started = await onFreePorts(async () => {
    const server = createServer().listen(ports.shift(), '127.0.0.1');
    await once(server, 'listening');
    return server;
  });
  expect(ports).toEqual([]);
  started.close();
  taken.close();

  let calls = 0;
  const refused = onFreePorts(() => {
    calls += 1;
    return Promise.reject(new Error('no such program'));
  });
  await expect(refused).rejects.toThrow('no such program');
  expect(calls).toBe(1);
});
