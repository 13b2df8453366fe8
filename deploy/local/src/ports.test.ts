import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePorts } from './ports.ts';

/** A port that somebody listens on until the test ends, and how to give it up before. */
async function occupiedPort() {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  return { port: address.port, close };
}

test('chooses different ports that can be listened on', async () => {
  const ports = await choosePorts(Array.from({ length: 20 }, (_, index) => ({ name: `P${index}` })));
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
  }
});

test('takes the remembered port again while it is free, and another once it is not', async () => {
  const { port, close } = await occupiedPort();
  const [other] = await choosePorts([{ name: 'P', remembered: port }]);
  expect(other).not.toBe(port);
  await close();
  expect(await choosePorts([{ name: 'P', remembered: port }])).toEqual([port]);
});

test('a required port wins over the same port remembered for another', async () => {
  const { port, close } = await occupiedPort();
  await close();
  const [first, second] = await choosePorts([
    { name: 'FIRST', remembered: port },
    { name: 'SECOND', required: port },
  ]);
  expect(second).toBe(port);
  expect(first).not.toBe(port);
});

test('names every required port that is in use', async () => {
  const [a, b] = [await occupiedPort(), await occupiedPort()];
  await expect(
    choosePorts([
      { name: 'A_PORT', required: a.port },
      { name: 'B_PORT', required: b.port },
    ]),
  ).rejects.toThrow(
    `A_PORT=${a.port}: expected a free port, but it is in use\nB_PORT=${b.port}: expected a free port, but it is in use`,
  );
});
