import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { parseHostPort } from '@ddad/contract';
import type { GrpcAccess } from '@ddad/platform';
import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { named, service, stranger, strangerToAll } from './certificates.testing.ts';
import {
  checkHealth,
  close,
  connectWorker,
  createServer,
  JobError,
  listen,
  MakeRequest,
  streamJob,
  unary,
  type WorkerServiceServer,
  WorkerServiceService,
  writeCoalesced,
} from './index.ts';

const token = 'a-token-of-a-cluster-that-nobody-guesses';
const otherToken = 'a-token-of-a-cluster-that-somebody-forgot';

let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

interface Line {
  method: string | null;
  peer: string;
  reason: string;
  unlogged?: number;
}

/** A worker's real server that counts what reaches its handlers, and what it has logged. */
async function serving(access: GrpcAccess) {
  const { server, health } = createServer();
  const reached: string[] = [];
  const handlers: WorkerServiceServer = {
    make(call) {
      reached.push('make');
      expect(call.metadata.get('authorization')).toEqual([]);
      const writer = writeCoalesced(call);
      writer.send({
        event: { $case: 'finished', value: { reused: true, loss: undefined, seconds: 1, worker: 't' } },
      });
      writer.end();
    },
    stop(_call, done) {
      reached.push('stop');
      done(null, { wasRunning: false });
    },
  };
  server.addService(WorkerServiceService, handlers);
  const lines: Line[] = [];
  let logged = () => {};
  const logger = {
    warn(fields: object) {
      lines.push(fields as Line);
      logged();
    },
  };
  const untilLogged = async () => {
    while (lines.length === 0) {
      await new Promise<void>((resolve) => {
        logged = resolve;
      });
    }
    return lines;
  };
  const address = `127.0.0.1:${await listen(server, '127.0.0.1:0', access, logger)}`;
  cleanups.push(() => close(server, health, 200));
  return { address, reached, lines, untilLogged };
}

function client(address: string, access: GrpcAccess) {
  const made = connectWorker(address, access);
  cleanups.push(() => made.close());
  const stop = () => unary(made, made.stop, { job: undefined }, { limitMs: 3_000 });
  const make = async () => {
    for await (const step of streamJob(made.make(MakeRequest.create()))) return step.$case;
    return 'nothing';
  };
  return { made, stop, make };
}

async function refusalOf(work: Promise<unknown>): Promise<{ code: number; message: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JobError)) throw new Error('expected a JobError', { cause: error });
  const { code } = error.cause as { code: number };
  return { code, message: error.message };
}

test('who shows the token is let in, to every method', async () => {
  const { address, reached, lines } = await serving({ token });
  const { stop, make } = client(address, { token });
  expect(await stop()).toEqual({ wasRunning: false });
  expect(await make()).toBe('finished');
  expect(reached).toEqual(['stop', 'make']);
  expect(lines).toEqual([]);
});

test.each([
  ['no token', {}],
  ['wrong token', { token: otherToken }],
])(
  '%s: every method is UNAUTHENTICATED, reaches no handler and is logged without its content',
  async (reason, access) => {
    const { address, reached, lines } = await serving({ token });
    const { made, stop, make } = client(address, access);
    expect((await refusalOf(stop())).code).toBe(status.UNAUTHENTICATED);
    const refused = await refusalOf(make());
    expect(refused).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(refused.message).toContain('GRPC_TOKEN');
    const secret = 'content-that-a-stranger-sends';
    await refusalOf(
      (async () => {
        for await (const _ of streamJob(made.make({ ...MakeRequest.create(), datasetDigest: secret })));
      })(),
    );
    expect(reached).toEqual([]);
    expect(lines.map(({ method }) => method)).toEqual(
      ['Stop', 'Make', 'Make'].map((name) => `/ddad.v1.WorkerService/${name}`),
    );
    for (const line of lines) {
      expect(line.reason).toBe(reason);
      expect(line.peer).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(Object.keys(line).sort()).toEqual(['method', 'peer', 'reason']);
    }
    expect(JSON.stringify(lines)).not.toContain(otherToken);
  },
);

test('a token that is a header of another form is no token', async () => {
  const { address, lines } = await serving({ token });
  const { made } = client(address, {});
  for (const value of [token, `bearer ${token}`, `Bearer ${token} `.trim().slice(0, -1), `Basic ${token}`]) {
    const metadata = new Metadata();
    metadata.set('authorization', value);
    const code = await new Promise((resolve) =>
      made.stop({ job: undefined }, metadata, { deadline: Date.now() + 3_000 }, (error) =>
        resolve(error?.code),
      ),
    );
    expect(code).toBe(status.UNAUTHENTICATED);
  }
  expect(lines.map(({ reason }) => reason)).toEqual(Array(4).fill('wrong token'));
});

test('health is for everybody', async () => {
  const { address } = await serving({ token });
  expect(await checkHealth(address, { limitMs: 3_000 })).toBe('SERVING');
  expect(await checkHealth(address, { limitMs: 3_000, service: 'ddad.v1.WorkerService' })).toBe('SERVING');
});

test('many strangers cause few lines, and after them the server serves as before', async () => {
  const { address, reached, lines } = await serving({ token });
  const { stop } = client(address, { token: otherToken });
  const codes = await Promise.all(Array.from({ length: 500 }, async () => (await refusalOf(stop())).code));
  expect(new Set(codes)).toEqual(new Set([status.UNAUTHENTICATED]));
  expect(lines).toHaveLength(10);
  expect(reached).toEqual([]);
  expect(await client(address, { token }).stop()).toEqual({ wasRunning: false });
});

test('with certificates both sides verify: our own are let in, also by name', async () => {
  const { address, reached } = await serving({ tls: service });
  expect(await client(address, { tls: service }).stop()).toEqual({ wasRunning: false });
  expect(await checkHealth(address, { limitMs: 3_000, access: { tls: service } })).toBe('SERVING');

  const other = await serving({ tls: named });
  const byName = client(other.address, { tls: { ...named, serverName: 'ddad-service' } });
  expect(await byName.stop()).toEqual({ wasRunning: false });
  // Without the name, the host that is dialled is expected in the certificate, which does not carry it.
  expect(await refusalOf(client(other.address, { tls: named }).stop())).toMatchObject({
    code: status.UNAVAILABLE,
  });
  expect(reached).toEqual(['stop']);
  expect(other.reached).toEqual(['stop']);
});

test.each([
  ['a stranger’s certificate', { tls: stranger }],
  ['no certificate', {}],
  ['the token in the clear', { token }],
])('%s is refused by the handshake and logged with its peer alone', async (_what, access) => {
  const { address, reached, untilLogged } = await serving({ token, tls: service });
  const failed = await refusalOf(client(address, access).stop());
  expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(failed.code);
  const [line] = await untilLogged();
  expect(line).toMatchObject({ method: null, peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
  expect(line?.reason).toMatch(/^E/);
  expect(reached).toEqual([]);
});

test('a caller with a certificate still needs the token where there is one', async () => {
  const { address, reached } = await serving({ token, tls: service });
  expect((await refusalOf(client(address, { tls: service }).stop())).code).toBe(status.UNAUTHENTICATED);
  expect(await client(address, { token, tls: service }).stop()).toEqual({ wasRunning: false });
  expect(reached).toEqual(['stop']);
});

test('a client does not talk to a server whose certificate it does not know', async () => {
  const { address, reached } = await serving({ tls: service });
  const failed = await refusalOf(client(address, { token, tls: strangerToAll }).stop());
  expect(failed.code).toBe(status.UNAVAILABLE);
  expect(reached).toEqual([]);
});

test('a connection that speaks no gRPC at all leaves the server serving', async () => {
  const { address } = await serving({ token });
  const port = parseHostPort(address)?.port ?? 0;
  const socket = connectTcp({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  socket.resume();
  socket.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'close');
  expect(await client(address, { token }).stop()).toEqual({ wasRunning: false });
});

test('without token and certificates a server listens on loopback only, and says what to set', async () => {
  for (const address of ['0.0.0.0:0', '[::]:0', 'trainer-1:5000', '10.0.0.1:0']) {
    await expect(listen(createServer().server, address)).rejects.toThrow(
      /cannot listen on .*GRPC_TOKEN_FILE.*GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE, GRPC_TLS_CA_FILE/,
    );
  }
  const { server, health } = createServer();
  cleanups.push(() => close(server, health, 200));
  expect(await listen(server, '0.0.0.0:0', { token })).toBeGreaterThan(0);
});
