import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startStore } from './chosen-store.testing.ts';
import { LocalFault } from './local-fault.ts';
import { ObjectNotFound, type ObjectStore, StoreError } from './object-store.ts';
import { createS3Store, ensureBucket } from './s3-store.ts';
import { freePort, type RunningStore } from './store-server.testing.ts';

let running: RunningStore;
let store: ObjectStore;
let folder: string;

beforeAll(async () => {
  running = await startStore();
  store = createS3Store(running.config);
  folder = await mkdtemp('/tmp/ddad-s3-');
});

afterAll(async () => {
  await running.close();
  await rm(folder, { recursive: true, force: true });
});

async function failure(call: Promise<unknown>): Promise<StoreError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

describe('an S3 store', () => {
  test('gives back text and bytes as they were put, empty ones too', async () => {
    // Two bytes a letter: a length counted in UTF-16 units would cut it.
    await store.put('text', 'Schädel');
    expect((await store.get('text')).toString('utf8')).toBe('Schädel');
    const bytes = randomBytes(100_000);
    await store.put('bytes', bytes);
    expect((await store.get('bytes')).equals(bytes)).toBe(true);
    await store.put('empty', '');
    expect((await store.get('empty')).length).toBe(0);
  });

  test('copies files both ways, above the size of one upload part too', async () => {
    // The client cuts uploads into parts of 64 MiB.
    const bytes = Buffer.alloc(65 * 1024 * 1024, 'ddad');
    const source = join(folder, 'source');
    await writeFile(source, bytes);
    await store.putFile('file', source);
    await store.getToFile('file', join(folder, 'copy'));
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    expect(digest(await readFile(join(folder, 'copy')))).toBe(digest(bytes));
    expect((await readdir(folder)).sort()).toEqual(['copy', 'source']);
  });

  test('says ObjectNotFound, with the key, for a missing key and leaves no file', async () => {
    expect(await failure(store.get('none'))).toMatchObject({ name: 'ObjectNotFound', key: 'none' });
    const error = await failure(store.getToFile('none', join(folder, 'none')));
    expect(error).toBeInstanceOf(ObjectNotFound);
    expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
    expect(await store.exists('none')).toBe(false);
  });

  test('lets one of eight conditional puts at once win and keeps its bytes', async () => {
    const wins = await Promise.all(
      Array.from({ length: 8 }, (_, i) => store.putIfAbsent('contested', `by ${i}`)),
    );
    expect(wins.filter((won) => won)).toHaveLength(1);
    expect((await store.get('contested')).toString()).toBe(`by ${wins.indexOf(true)}`);
    expect(await store.exists('contested')).toBe(true);
  });

  test("tells the store's own time, which what it has just stored is of", async () => {
    await store.put('timed', 'x');
    const [entry] = await store.list('timed');
    const apart = (await store.now()).getTime() - entry!.modified.getTime();
    // The header has whole seconds.
    expect(apart).toBeGreaterThan(-1000);
    expect(apart).toBeLessThan(10_000);
  });

  test('lists by prefix with sizes, more than a page of 1,000, and removes them', async () => {
    const keys = Array.from({ length: 1005 }, (_, i) => `pile/${String(i).padStart(4, '0')}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, 'abc')));
    }
    await store.put('pilea', 'not below pile/');
    const entries = await store.list('pile/');
    expect(entries.map((entry) => entry.key)).toEqual(keys);
    expect(new Set(entries.map((entry) => entry.size))).toEqual(new Set([3]));
    expect(Math.abs(entries[0]!.modified.getTime() - Date.now())).toBeLessThan(60_000);
    await store.remove([...keys, 'was never there']);
    expect(await store.list('pile/')).toEqual([]);
    expect(await store.exists('pilea')).toBe(true);
    await store.remove([]);
  });
});

describe('an S3 store that cannot answer', () => {
  test('names wrong credentials without showing them', async () => {
    const secretKey = 'wrong-secret-key';
    const wrongSecret = createS3Store({ ...running.config, secretKey });
    const error = await failure(wrongSecret.get('text'));
    expect(error.code).toBe('SignatureDoesNotMatch');
    expect(error.message).not.toContain(secretKey);
    const wrongUser = createS3Store({ ...running.config, accessKey: 'nobody' });
    expect((await failure(wrongUser.list('x'))).code).toBe('InvalidAccessKeyId');
    expect((await failure(wrongUser.put('x', 'y'))).code).toBe('InvalidAccessKeyId');
    expect((await failure(wrongUser.exists('x'))).message).toMatch(/look up x/);
    expect((await failure(wrongUser.remove(['x']))).code).toBe('InvalidAccessKeyId');
  });

  test.each([
    [20 * 60_000 + 30_000, 'ahead of'],
    [-20 * 60_000 - 30_000, 'behind'],
  ])('says whose clock is off, and how, where it is off by %i ms', async (aheadMs, how) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + aheadMs });
    try {
      // The second asks by HEAD, whose answer names no code.
      for (const call of [
        () => store.get('text'),
        () => store.exists('text'),
        () => store.put('text', 'later'),
      ]) {
        const { code, message, refused } = await failure(call());
        expect({ code, refused }).toEqual({ code: 'RequestTimeTooSkewed', refused: false });
        expect(message).toContain(`: the clock of this machine, ${hostname()}, is 20 min `);
        const clocks = `\\d+ s ${how} the store's \\([-\\dT:]+Z here, [-\\dT:]+Z there\\); expected at most 15 min`;
        expect(message).toMatch(new RegExp(clocks));
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test('is not blamed for what this machine cannot write or read', async () => {
    await store.put('text', 'some');
    for (const call of [
      () => store.getToFile('text', join(folder, 'no', 'such', 'directory')),
      () => store.putFile('other', join(folder, 'no-such-file')),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LocalFault);
      expect(error).not.toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: 'ENOENT', message: expect.not.stringContaining('object store') });
    }
  });

  test('names a missing bucket instead of a missing key', async () => {
    const elsewhere = createS3Store({ ...running.config, bucket: 'elsewhere' });
    const error = await failure(elsewhere.get('text'));
    expect(error).not.toBeInstanceOf(ObjectNotFound);
    expect(error).toMatchObject({ code: 'NoSuchBucket' });
  });

  test('names an endpoint where nobody listens', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const error = await failure(createS3Store({ ...running.config, endpoint }).get('text'));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toContain(endpoint);
  });

  test('gives up on a server that accepts and never answers, and drops the connection', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.resume().on('error', () => {})));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    try {
      const { port } = mute.address() as { port: number };
      const config = { ...running.config, endpoint: `http://127.0.0.1:${port}`, deadlineMs: 200 };
      const deaf = createS3Store(config);
      const started = performance.now();
      const calls: (() => Promise<unknown>)[] = [
        () => deaf.get('k'),
        () => deaf.getToFile('k', join(folder, 'k')),
        () => deaf.put('k', 'v'),
        () => deaf.putIfAbsent('k', 'v'),
        () => deaf.exists('k'),
        () => deaf.list('k'),
        () => deaf.remove(['k']),
        () => ensureBucket(config),
      ];
      const codes = await Promise.all(calls.map(async (call) => (await failure(call())).code));
      expect(new Set(codes)).toEqual(new Set(['DeadlineExceeded']));
      expect(performance.now() - started).toBeLessThan(5_000);
      await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
    } finally {
      mute.close();
    }
  });

  /** Answers PUTs with the next of these; every further one with the last. */
  async function answering(answers: { status: number; body: string }[]) {
    const conditions: (string | undefined)[] = [];
    const server = createHttpServer((request, response) => {
      const answer = answers[Math.min(conditions.length, answers.length - 1)]!;
      conditions.push(request.headers['if-none-match']);
      request.resume().on('end', () => {
        response.writeHead(answer.status, { ETag: '"a"', 'Content-Type': 'application/xml' });
        response.end(answer.body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const endpoint = `http://127.0.0.1:${port}`;
    return {
      endpoint,
      conditions,
      close() {
        server.closeAllConnections();
        server.close();
      },
    };
  }
  const fault = (status: number, code: string) => ({
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  });
  const conflict = fault(409, 'ConditionalRequestConflict');

  test.each([
    ['won', { status: 200, body: '' }, true],
    ['lost', fault(412, 'PreconditionFailed'), false],
  ])('tries a conditional put again after a conflict, until it is %s', async (_, last, won) => {
    const server = await answering([conflict, conflict, last]);
    try {
      expect(
        await createS3Store({ ...running.config, endpoint: server.endpoint }).putIfAbsent('k', 'v'),
      ).toBe(won);
      expect(server.conditions).toEqual(['*', '*', '*']);
    } finally {
      server.close();
    }
  });

  test('gives up on conflicts without end, and on other ones at once', async () => {
    const [endless, other] = [await answering([conflict]), await answering([fault(409, 'OperationAborted')])];
    const config = { ...running.config, deadlineMs: 400 };
    try {
      const never = createS3Store({ ...config, endpoint: endless.endpoint }).putIfAbsent('k', 'v');
      expect((await failure(never)).code).toBe('DeadlineExceeded');
      expect(endless.conditions.length).toBeGreaterThan(1);
      const aborted = createS3Store({ ...config, endpoint: other.endpoint }).putIfAbsent('k', 'v');
      expect((await failure(aborted)).code).toBe('OperationAborted');
      expect(other.conditions).toHaveLength(1);
    } finally {
      endless.close();
      other.close();
    }
  });

  test('gives up on an answer that stops in its middle', async () => {
    const stalling = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    });
    stalling.listen(0, '127.0.0.1');
    await once(stalling, 'listening');
    try {
      const { port } = stalling.address() as { port: number };
      const deaf = createS3Store({
        ...running.config,
        endpoint: `http://127.0.0.1:${port}`,
        deadlineMs: 200,
      });
      expect((await failure(deaf.get('k'))).code).toBe('DeadlineExceeded');
      expect((await failure(deaf.getToFile('k', join(folder, 'half')))).code).toBe('DeadlineExceeded');
      await expect.poll(async () => (await readdir(folder)).filter((n) => n.startsWith('half'))).toEqual([]);
    } finally {
      stalling.close();
    }
  });

  test('goes through a proxy where it is given one, and never because of the environment', async () => {
    const asked: [url: string | undefined, credentials: string | undefined][] = [];
    const proxy = createHttpServer((request, response) => {
      asked.push([request.url, request.headers['proxy-authorization']]);
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as { port: number };
    const url = `http://me:secret@127.0.0.1:${port}`;
    const names = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];
    for (const name of names) vi.stubEnv(name, url);
    try {
      await createS3Store(running.config).put('not/proxied', 'data');
      expect(asked).toEqual([]);
      const endpoint = 'http://s3.example.org:9000';
      const far = createS3Store({ ...running.config, endpoint, proxy: url });
      expect(await far.exists('some/key')).toBe(false);
      const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
      expect(asked).toEqual([[`${endpoint}/${running.config.bucket}/some/key`, credentials]]);
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      const error = await failure(far.get('some/key'));
      expect(error.message).toContain(`${endpoint} (through the proxy 127.0.0.1:${port})`);
      expect(error.message).not.toContain('secret');
    } finally {
      vi.unstubAllEnvs();
      proxy.close();
    }
  });

  test('refuses an endpoint that is no address', () => {
    const endpoint = '127.0.0.1:9000';
    expect(() => createS3Store({ ...running.config, endpoint })).toThrow(
      'S3 endpoint: expected http://host:port or https://host:port, got 127.0.0.1:9000',
    );
  });

  test('creates a bucket once, also when several do so at once', async () => {
    const config = { ...running.config, bucket: 'fresh' };
    await Promise.all([ensureBucket(config), ensureBucket(config), ensureBucket(config)]);
    await createS3Store(config).put('k', 'v');
    await ensureBucket(config);
    expect((await createS3Store(config).get('k')).toString()).toBe('v');
  });
});
