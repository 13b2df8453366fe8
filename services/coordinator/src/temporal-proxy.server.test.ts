import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { parseHostPort } from '@ddad/contract';
import { readConfig, temporalAccess, temporalClientOptions, temporalShape } from '@ddad/platform';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { startTemporalServer, type TestTemporalServer } from './temporal-server.testing.ts';

let temporal: TestTemporalServer;
let proxy: Server;
let proxyUrl: string;
let sockets: Socket[] = [];
/** What was asked of the proxy. */
let asked: { target: string | undefined; credentials: string | undefined }[] = [];

beforeAll(async () => {
  temporal = await startTemporalServer();
  // Whatever it is asked for, it leads to the server here: names are nobody's but its own.
  proxy = createServer().on('connect', (request, socket: Socket, head: Buffer) => {
    asked.push({ target: request.url, credentials: request.headers['proxy-authorization'] });
    const far = connect({ host: '127.0.0.1', port: parseHostPort(temporal.address)?.port ?? 0 });
    sockets.push(socket, far);
    far.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      socket.pipe(far).pipe(socket);
    });
    for (const one of [socket, far]) one.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxyUrl = `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}, 60_000);
afterEach(() => {
  vi.unstubAllEnvs();
  asked = [];
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  proxy?.close();
  await temporal?.dispose();
});

/** What a process with these variables makes of an address; the libraries see the variables too. */
function accessIn(variables: Record<string, string>, address: string) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return temporalAccess(readConfig(z.object(temporalShape), { ...variables, TEMPORAL_ADDRESS: address }));
}

const clients = {
  async Connection(access: ReturnType<typeof temporalAccess>) {
    const connection = await Connection.connect({ ...temporalClientOptions(access), connectTimeout: 10_000 });
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    await connection.close();
  },
  async NativeConnection(access: ReturnType<typeof temporalAccess>) {
    const connection = await NativeConnection.connect(access);
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    await connection.close();
  },
};

describe.each(Object.keys(clients) as (keyof typeof clients)[])("Temporal's %s", (client) => {
  const dead = 'http://127.0.0.1:9';
  const all = { http_proxy: dead, https_proxy: dead, HTTP_PROXY: dead, HTTPS_PROXY: dead, grpc_proxy: dead };

  it.each<Record<string, string>>([
    {},
    { no_proxy: '' },
    { no_proxy: 'example.org', NO_PROXY: 'example.org' },
  ])('reaches loopback where every variable names a proxy that is dead (%j)', async (more) => {
    await clients[client](accessIn({ ...all, ...more }, temporal.address));
  });

  it.each(['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'])(
    'goes through the proxy of %s to another place',
    async (name) => {
      await clients[client](accessIn({ [name]: proxyUrl }, 'temporal.example.org:7233'));
      const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
      expect(asked).toEqual([{ target: 'temporal.example.org:7233', credentials }]);
    },
  );
});
