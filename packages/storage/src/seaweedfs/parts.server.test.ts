import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningSeaweedfs, startSeaweedfs } from '../seaweedfs-server.testing.ts';
import { selfSigned } from './self-signed.ts';

let running: RunningSeaweedfs;
beforeAll(async () => {
  running = await startSeaweedfs();
});
afterAll(() => running?.close());

/** In the order of the program's ports: those that speak HTTP, and those that speak gRPC. */
const http = () => running.partPorts.filter((_, index) => [0, 2, 4].includes(index));
const grpc = () => running.partPorts.filter((_, index) => ![0, 2, 4].includes(index));

/** A request for some service of gRPC. @returns null where it is not even heard */
function ask(authority: string, createConnection?: () => ReturnType<typeof connect>): Promise<number | null> {
  return new Promise((resolve) => {
    const session = connectHttp2(authority, createConnection === undefined ? {} : { createConnection });
    const end = (answer: number | null) => {
      session.destroy();
      resolve(answer);
    };
    session.on('error', () => end(null)).on('close', () => end(null));
    const path = '/master_pb.Seaweed/VolumeList';
    const request = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    request.on('response', (headers) => end(headers[':status'] ?? null)).on('error', () => end(null));
    // An empty message.
    request.end(Buffer.alloc(5));
  });
}

test('nobody gets past the users of the store: its parts do nothing over HTTP', async () => {
  for (const port of http()) {
    for (const path of [
      'dir/assign',
      'dir/status',
      'col/delete?collection=ddad',
      'buckets/ddad/',
      '1,01637037d6',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const response = await fetch(`http://127.0.0.1:${port}/${path}`, { method });
        expect({ port, path, method, status: response.status }).toMatchObject({
          status: expect.toSatisfy((status: number) => status >= 400 && status < 500),
        });
      }
    }
  }
});

test('and by gRPC they hear nobody who has not their certificate', async () => {
  const other = selfSigned('another');
  expect(grpc()).toHaveLength(4);
  for (const port of grpc()) {
    expect(await ask(`http://127.0.0.1:${port}`)).toBe(null);
    for (const credentials of [{}, { cert: other, key: other }]) {
      const own = {
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
        ...credentials,
      };
      expect(await ask(`https://127.0.0.1:${port}`, () => connect(own))).toBe(null);
    }
  }
  // With it they do: what is refused above is refused for that alone.
  const { pem } = running;
  const own = {
    host: '127.0.0.1',
    port: grpc()[0]!,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    cert: pem,
    key: pem,
  };
  expect(await ask(`https://127.0.0.1:${own.port}`, () => connect(own))).toBe(200);
});
