import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { storeTime } from './store-time.ts';

/** Asks a server that answers as the test says. */
async function asked(answer: (response: ServerResponse) => void, limitMs?: number) {
  const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await storeTime({ endpoint }, limitMs);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('takes the time out of any answer, a refusal too', async () => {
  const date = 'Thu, 01 Jan 2026 12:03:04 GMT';
  const time = await asked((response) => response.writeHead(403, { date }).end());
  expect(time).toBe(Date.UTC(2026, 0, 1, 12, 3, 4));
});

test('knows no time where an answer has none, or there is no answer', async () => {
  expect(
    await asked((response) => {
      response.sendDate = false;
      response.writeHead(200).end();
    }),
  ).toBeNull();
  expect(await asked((response) => response.writeHead(200, { date: 'soon' }).end())).toBeNull();
  expect(await asked(() => {}, 50)).toBeNull();
  expect(await storeTime({ endpoint: 'http://127.0.0.1:1' })).toBeNull();
});
