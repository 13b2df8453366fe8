import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { getHere } from './get-here.ts';

test('gives status and text of an answer, and nothing of one that does not end', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/whole') response.writeHead(404).end('none of it');
    else response.writeHead(200).write('half');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect(await getHere(`${place}/whole`, 5_000)).toEqual({ status: 404, body: 'none of it' });
    await expect(getHere(`${place}/half`, 100)).rejects.toThrow();
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('goes past the proxy of the environment, of which Node is told to take heed', async () => {
  const program = `
    const { createServer } = await import('node:http');
    const { getHere } = await import(${JSON.stringify(new URL('get-here.ts', import.meta.url).href)});
    const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1', async () => {
      console.log((await getHere('http://127.0.0.1:' + server.address().port, 5000)).body);
      server.close();
    });`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { NODE_USE_ENV_PROXY: '1', http_proxy: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'here\n', stderr: '' });
});
