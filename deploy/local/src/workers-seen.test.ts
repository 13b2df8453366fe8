import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkerState } from '@ddad/contract';
import { expect, test } from 'vitest';
import { workersSeen } from './workers-seen.ts';

const sick: WorkerState = {
  pool: 'train',
  id: 'trainer-1',
  device: 'a test',
  slots: 1,
  state: 'set aside',
  reason: 'ENOSPC: no space left on device',
  until: '2026-01-01T12:03:04.000Z',
};

async function asked(body: string): Promise<WorkerState[] | null> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/workers.json' ? 200 : 404).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await workersSeen(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

test('the coordinator says how its workers are', async () => {
  expect(await asked(JSON.stringify({ workers: [sick] }))).toEqual([sick]);
});

test('nothing is made of an answer that is none, or of no answer', async () => {
  expect(await asked('not found')).toBeNull();
  expect(await asked(JSON.stringify({ workers: [{ ...sick, state: 'fine' }] }))).toBeNull();
  expect(await workersSeen('http://127.0.0.1:1')).toBeNull();
});
