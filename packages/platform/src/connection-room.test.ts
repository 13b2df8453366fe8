import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConnectionRoom, peerOf } from './connection-room.ts';

let server: Server;
let room: ConnectionRoom;
let clients: Socket[];

beforeEach(async () => {
  clients = [];
  server = createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  room = new ConnectionRoom(server, 3);
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  server.close();
  await once(server, 'close');
});

/** A client that the server has taken, and the server's name of it. */
async function opened(): Promise<{ client: Socket; peer: string; closed: Promise<unknown> }> {
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => {}).resume();
  clients.push(client);
  const [socket] = (await once(server, 'connection')) as [Socket];
  return { client, peer: peerOf(socket), closed: once(client, 'close') };
}

test('beyond the limit the oldest connection goes that nobody vouched for', async () => {
  const [one, two, three] = [await opened(), await opened(), await opened()];
  room.vouch(one.peer);
  const four = await opened();
  await two.closed;
  room.release(one.peer);
  const five = await opened();
  await one.closed;
  expect(room.size).toBe(3);
  expect([three, four, five].map(({ client }) => client.destroyed)).toEqual([false, false, false]);
});

test('where all are vouched for, the newcomer goes', async () => {
  const kept = [await opened(), await opened(), await opened()];
  for (const { peer } of kept) room.vouch(peer);
  await (await opened()).closed;
  expect(kept.map(({ client }) => client.destroyed)).toEqual([false, false, false]);
  expect(room.size).toBe(3);
});

test('a connection that closes makes room', async () => {
  const [one] = [await opened(), await opened(), await opened()];
  one!.client.destroy();
  await expect.poll(() => room.size).toBe(2);
  const next = await opened();
  expect(next.client.destroyed).toBe(false);
  expect(room.size).toBe(3);
});
