import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { parseHostPort } from '@ddad/contract';
import type { GrpcAccess } from '@ddad/platform';
import {
  Client,
  connectivityState,
  InterceptingCall,
  type Interceptor,
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { clientChannel, showProof, targetOf } from './access.ts';
import { named, service, stranger, strangerToAll } from './certificates.testing.ts';
import {
  IdentityServiceClient,
  IdentityServiceService,
  type ProveRequest,
  type ProveResponse,
} from './gen/ddad/v1/identity.ts';
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
  WorkerServiceClient,
  type WorkerServiceServer,
  WorkerServiceService,
  writeCoalesced,
} from './index.ts';
import { type CallerClaim, serverProof } from './proof.ts';

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

/** A client's calls; each of them connects where that was not done, as `connect` may be what is refused. */
function client(address: string, access: GrpcAccess) {
  return callsOf(async () => {
    const made = await connectWorker(address, access, { limitMs: 20_000 });
    cleanups.push(() => made.close());
    return made;
  });
}

/** The same for who asks the server for no proof, and shows one of its own making. */
function bareClient(address: string, access: GrpcAccess, authorization?: string) {
  const [channelCredentials, options] = clientChannel(access);
  const interceptor: Interceptor = (callOptions, nextCall) =>
    new InterceptingCall(nextCall(callOptions), {
      start(metadata, listener, next) {
        if (authorization !== undefined) metadata.set('authorization', authorization);
        next(metadata, listener);
      },
    });
  const made = new WorkerServiceClient(address, channelCredentials, {
    ...options,
    interceptors: [interceptor],
  });
  cleanups.push(() => made.close());
  return callsOf(async () => made);
}

function callsOf(connected: () => Promise<WorkerServiceClient>) {
  const stop = async () => {
    const made = await connected();
    return await unary(made, made.stop, { job: undefined }, { limitMs: 20_000 });
  };
  const make = async (request = MakeRequest.create()) => {
    const made = await connected();
    for await (const step of streamJob(made.make(request))) return step.$case;
    return 'nothing';
  };
  return { stop, make };
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
  ['no proof', undefined],
  ['wrong proof', `Bearer ${token}`],
  ['wrong proof', 'DDAD-HMAC-SHA256 AAAA'],
  ['wrong proof', `DDAD-HMAC-SHA256 ${Buffer.alloc(32).toString('base64url')}`],
])(
  'a caller with %s (%s): every method is UNAUTHENTICATED, reaches no handler and is logged without its content',
  async (reason, authorization) => {
    const { address, reached, lines } = await serving({ token });
    const { stop, make } = bareClient(address, {}, authorization);
    expect((await refusalOf(stop())).code).toBe(status.UNAUTHENTICATED);
    const refused = await refusalOf(make());
    expect(refused).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(refused.message).toContain('GRPC_TOKEN');
    const secret = 'content-that-a-stranger-sends';
    await refusalOf(make({ ...MakeRequest.create(), datasetDigest: secret }));
    expect(reached).toEqual([]);
    expect(lines.map(({ method }) => method)).toEqual(
      ['Stop', 'Make', 'Make'].map((name) => `/ddad.v1.WorkerService/${name}`),
    );
    for (const line of lines) {
      expect(line.reason).toBe(reason);
      expect(line.peer).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(Object.keys(line).sort()).toEqual(['method', 'peer', 'reason']);
    }
    expect(JSON.stringify(lines)).not.toContain(token);
  },
);

test('a caller with another token finds out before it shows anything', async () => {
  const { address, reached } = await serving({ token });
  const refused = await client(address, { token: otherToken })
    .stop()
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({ kind: 'failed', lost: true });
  expect(String(refused)).toContain('GRPC_TOKEN');
  expect(reached).toEqual([]);
});

test('a stranger in the place of a worker hears a nonce and nothing else, whatever it answers', async () => {
  const real = await serving({ token });
  const answers: ((nonce: Buffer) => Promise<ProveResponse>)[] = [
    async () => ({ session: Buffer.alloc(0), proof: Buffer.alloc(0) }),
    async () => ({ session: Buffer.alloc(32, 1), proof: Buffer.alloc(32, 2) }),
    async (nonce) => ({ session: nonce, proof: serverProof(otherToken, { address, session: nonce, nonce }) }),
    // What the real worker answers: it is for the worker's own address.
    async (nonce) => await unary(identity, identity.prove, { nonce }, { limitMs: 20_000 }),
  ];
  const identity = new IdentityServiceClient(real.address, ...clientChannel({}));
  cleanups.push(() => identity.close());
  const heard: unknown[] = [];
  const posing = new Server({ interceptors: [hearing(heard)] });
  let answer = answers[0]!;
  posing.addService(IdentityServiceService, {
    prove: ({ request }: { request: ProveRequest }, done: (error: null, response: ProveResponse) => void) => {
      heard.push(request);
      void answer(Buffer.from(request.nonce)).then((response) => done(null, response));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    posing.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  cleanups.push(() => posing.forceShutdown());
  const address = `127.0.0.1:${port}`;
  for (answer of answers) {
    const refused = await client(address, { token })
      .make({ ...MakeRequest.create(), datasetDigest: 'secret' })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ lost: true, message: expect.stringContaining(address) });
  }
  const said = answers.flatMap(() => [
    { path: '/ddad.v1.IdentityService/Prove', authorization: [] },
    { nonce: expect.any(Uint8Array) },
  ]);
  expect(heard).toEqual(said);
  expect(real.reached).toEqual([]);
});

/** Hears of every call and what it shows of its caller. */
function hearing(heard: unknown[]): ServerInterceptor {
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, goOn) {
            heard.push({ path, authorization: metadata.get('authorization') });
            goOn(metadata);
          },
        });
      },
    });
}

test('a proof is for one method of one process at one address', async () => {
  const one = await serving({ token });
  const other = await serving({ token });
  const sessionOf = async (address: string) => {
    const identity = new IdentityServiceClient(address, ...clientChannel({}));
    cleanups.push(() => identity.close());
    return (await unary(identity, identity.prove, { nonce: Buffer.alloc(32) }, { limitMs: 20_000 })).session;
  };
  const path = '/ddad.v1.WorkerService/Stop';
  const shown = (claim: CallerClaim) => {
    const metadata = new Metadata();
    showProof(metadata, token, claim);
    return String(metadata.get('authorization')[0]);
  };
  const { address } = one;
  const session = await sessionOf(address);
  const right = shown({ address, session, path });
  expect(await bareClient(address, {}, right).stop()).toEqual({ wasRunning: false });
  for (const [at, wrong] of [
    [other.address, right],
    [address, shown({ address: other.address, session, path })],
    [address, shown({ address, session: await sessionOf(other.address), path })],
    [address, shown({ address, session, path: '/ddad.v1.WorkerService/Make' })],
  ] as const) {
    expect((await refusalOf(bareClient(at, {}, wrong).stop())).code).toBe(status.UNAUTHENTICATED);
  }
  expect(other.reached).toEqual([]);
});

test('who needs no token has a bounded number of calls open, and others are served meanwhile', async () => {
  const { address } = await serving({ token });
  const watching = new Client(address, ...clientChannel({}));
  cleanups.push(() => watching.close());
  const codes: number[] = [];
  const ended: (() => void)[] = [];
  const calls = Array.from({ length: 80 }, () => {
    const call = watching.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      null,
    );
    call.on('data', () => {});
    call.on('error', ({ code }: { code: number }) => {
      codes.push(code);
      for (const done of ended) done();
    });
    return call;
  });
  while (codes.length < 16) await new Promise<void>((resolve) => void ended.push(resolve));
  expect(codes).toEqual(Array(16).fill(status.RESOURCE_EXHAUSTED));
  for (const call of calls) call.cancel();
  while (codes.length < 80) await new Promise<void>((resolve) => void ended.push(resolve));
  await expect
    .poll(() => checkHealth(address, { limitMs: 20_000 }).catch(() => 'refused'), { timeout: 20_000 })
    .toBe('SERVING');
  expect(await client(address, { token }).stop()).toEqual({ wasRunning: false });
});

test('a caller with the token is served and stays, however many connections say nothing', async () => {
  const { address } = await serving({ token });
  const { port } = parseHostPort(address)!;
  const stays = await connectWorker(address, { token });
  cleanups.push(() => stays.close());
  await unary(stays, stays.stop, { job: undefined }, { limitMs: 20_000 });
  const silent: Socket[] = [];
  cleanups.push(() => silent.forEach((socket) => void socket.destroy()));
  // A hundred at a time, until the server greets each: what waits beyond its backlog of 511 the kernel drops, and tries anew for
  // longer and longer.
  while (silent.length < 1_100) {
    const batch = Array.from({ length: 100 }, () => {
      const socket = connectTcp({ host: '127.0.0.1', port });
      return socket.on('error', () => {}).resume();
    });
    silent.push(...batch);
    await Promise.all(batch.map((socket) => Promise.race([once(socket, 'data'), once(socket, 'close')])));
  }
  await expect
    .poll(() => silent.filter(({ destroyed }) => destroyed).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(76);
  expect(await client(address, { token }).stop()).toEqual({ wasRunning: false });
  // On the connection of before: this client would have to prove itself anew for another one.
  expect(stays.getChannel().getConnectivityState(false)).toBe(connectivityState.READY);
  expect(await unary(stays, stays.stop, { job: undefined }, { limitMs: 20_000 })).toEqual({
    wasRunning: false,
  });
});

test('no client of an IP address keeps a resolver, and with it a descriptor; a name is resolved', async () => {
  expect(targetOf('127.0.0.1:5')).toBe('ipv4:127.0.0.1:5');
  expect(targetOf('[fd00::7]:5')).toBe('ipv6:[fd00::7]:5');
  expect(targetOf('trainer-1.lab:5')).toBe('trainer-1.lab:5');
  const { address } = await serving({ token });
  const { port } = parseHostPort(address)!;
  const resolvers = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === '/dev/urandom').length;
  await client(address, { token }).stop();
  const before = resolvers();
  for (let call = 0; call < 20; call += 1) {
    const made = await connectWorker(address, { token });
    await unary(made, made.stop, { job: undefined }, { limitMs: 20_000 });
    made.close();
  }
  expect(resolvers()).toBeLessThanOrEqual(before);
  expect(await checkHealth(`localhost:${port}`, { limitMs: 20_000 })).toBe('SERVING');
});

/** What a descriptor of this process is; null where it is closed meanwhile. */
function linkOf(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}

test('health is for everybody', async () => {
  const { address } = await serving({ token });
  expect(await checkHealth(address, { limitMs: 20_000 })).toBe('SERVING');
  expect(await checkHealth(address, { limitMs: 20_000, service: 'ddad.v1.WorkerService' })).toBe('SERVING');
});

test('many strangers cause few lines, and after them the server serves as before', async () => {
  const { address, reached, lines } = await serving({ token });
  const { stop } = bareClient(address, {}, `Bearer ${otherToken}`);
  const codes = await Promise.all(Array.from({ length: 500 }, async () => (await refusalOf(stop())).code));
  expect(new Set(codes)).toEqual(new Set([status.UNAUTHENTICATED]));
  expect(lines).toHaveLength(10);
  expect(reached).toEqual([]);
  expect(await client(address, { token }).stop()).toEqual({ wasRunning: false });
});

test('with certificates both sides verify: our own are let in, also by name', async () => {
  const { address, reached } = await serving({ tls: service });
  expect(await client(address, { tls: service }).stop()).toEqual({ wasRunning: false });
  expect(await checkHealth(address, { limitMs: 20_000, access: { tls: service } })).toBe('SERVING');

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
  expect((await refusalOf(bareClient(address, { tls: service }).stop())).code).toBe(status.UNAUTHENTICATED);
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
