import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { artifactKey, type WorkerEntry } from '@ddad/contract';
import { startServers } from '@ddad/local-cluster';
import { type MemberSpec, memberKind, recipes } from '@ddad/methods/ddad/kinds';
import {
  type Account,
  announceWorker,
  connectNats,
  createLogger,
  environmentOf,
  type GrpcAccess,
  type NatsConnection,
  watchWorkers,
} from '@ddad/platform';
import { connectWorker, JobError, streamJob, unary } from '@ddad/rpc';
import { service as certificates, stranger } from '@ddad/rpc/testing';
import { createS3Store, type ObjectStore, readIntactManifest, StoreError } from '@ddad/storage';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeRequest } from './make-request.ts';
import {
  bareEnvironment,
  startService,
  startTestServers,
  type TestServers,
  type TestService,
} from './servers/index.ts';
import { runProgram } from './test-cluster.ts';

const trainerMain = resolve(import.meta.dirname, '../services/trainer/src/main.ts');

let servers: TestServers;
let directory: string;
let trainer: TestService;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-access-'));
  servers = await startTestServers();
  // Rights in the cluster's own bucket only, as `make up` gives them.
  await startServers({ home: servers.home, environment: { PATH: process.env.PATH } });
  trainer = await startService('trainer', { ...servers.env, TRAINER_ID: 'one' });
});
afterAll(async () => {
  await trainer?.stop();
  await servers?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

const member: MemberSpec = {
  recipe: recipes.member.ae,
  backbone: 'ae',
  role: 'ndm',
  seed: 1,
  epochs: 1,
  batchSize: 2,
  learningRate: 5e-4,
  imagesDigest: 'a'.repeat(64),
  imageSize: 64,
};

/** What a trainer answers to a Make and a Stop call: the kind, or the gRPC code where gRPC or the guard answered. */
async function ask(address: string, access: GrpcAccess, content = 'b'.repeat(64)) {
  const client = await connectWorker(address, access);
  const job = { key: artifactKey(member), attempt: 1 };
  const failure = async (work: Promise<unknown>) => {
    const error: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error === null) return null;
    if (!(error instanceof JobError)) throw error;
    return error.transport ? (error.cause as { code: number }).code : error.kind;
  };
  try {
    const make = await failure(
      (async () => {
        const place = { attempt: 1, datasetDigest: content, images: [0, 1, 2] };
        const call = client.make(makeRequest(memberKind.kind, member, place));
        for await (const _step of streamJob(call));
      })(),
    );
    const stop = await failure(unary(client, client.stop, { job }, { limitMs: 10_000 }));
    return { make, stop };
  } finally {
    client.close();
  }
}

const unauthenticated = 16;
const unavailable = 14;

test("a stranger's call is refused by a real trainer, logged without its content, and changes nothing", async () => {
  const store = createS3Store(servers.s3);
  const nats = await connectNats({ ...servers.nats, name: 'test' });
  onTestFinished(() => nats.close());
  const seen: WorkerEntry[][] = [];
  const watch = await watchWorkers(nats, (entries) => seen.push(entries), createLogger('test', 'silent'));
  onTestFinished(() => watch.close());
  // Its own checks are over: what it says of itself changes no more by itself.
  await expect.poll(() => watch.list().map(({ unfit }) => unfit), { timeout: 60_000 }).toEqual([undefined]);
  const before = { objects: await store.list(''), entries: watch.list(), seen: seen.length };
  expect(before.entries.map(({ id }) => id)).toEqual(['one']);

  const content = 'c'.repeat(64);
  expect(await ask(trainer.address!, {}, content)).toEqual({ make: unauthenticated, stop: unauthenticated });
  // Before it is sent anything.
  await expect(
    ask(trainer.address!, { token: 'somebody-elses-token-of-forty-characters' }, content),
  ).rejects.toThrow(/expected proof that the server at .* has the cluster's token \(GRPC_TOKEN\)/);
  const refusals = trainer
    .logs()
    .split('\n')
    .filter((line) => line.includes('refused a call'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(refusals).toHaveLength(2);
  for (const { method, peer, reason, level } of refusals) {
    expect(method).toMatch(/^\/ddad\.v1\.WorkerService\/(Make|Stop)$/);
    expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(reason).toBe('no proof');
    expect(level).toBe('warn');
  }
  for (const secret of [content, 'somebody-elses-token', servers.env.GRPC_TOKEN, member.imagesDigest]) {
    expect(trainer.logs()).not.toContain(secret);
  }
  expect(trainer.logs()).not.toContain('job started');
  expect(await store.list('')).toEqual(before.objects);
  expect(watch.list()).toEqual(before.entries);
  expect(seen.length).toBe(before.seen);

  // With the token the same call gets as far as the dataset, which is nowhere.
  expect(await ask(trainer.address!, servers.access)).toEqual({ make: 'failed', stop: null });
});

/** The environment of a trainer that listens on every interface; what is unset is left out. */
function openTrainer(settings: Record<string, string>): Record<string, string> {
  const { GRPC_TOKEN: _, ...env } = environmentOf('trainer', servers.env);
  const place = { TRAINER_ID: 'open', TRAINER_LISTEN: '0.0.0.0:0', TRAINER_ADVERTISE: '127.0.0.1' };
  return { ...env, ...place, SCRATCH_DIR: join(directory, 'scratch'), ...settings };
}

/** Starts it until its test is over. @returns host:port on loopback, and its log so far */
async function startOpenTrainer(settings: Record<string, string>) {
  const child = spawn(process.execPath, [trainerMain], {
    env: { ...bareEnvironment(), ...openTrainer(settings) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.kill()) await ended;
  });
  const lines: Record<string, unknown>[] = [];
  const log = createInterface({ input: child.stdout });
  log.on('line', (text) => lines.push(JSON.parse(text) as Record<string, unknown>));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the trainer ended with ${code}`);
  });
  ended.catch(() => {});
  /** The first line with these fields, also one that is yet to come: a caller may hear of a call before the log does. */
  const logged = async (fields: Record<string, unknown>) => {
    const fits = (line: Record<string, unknown>) =>
      Object.entries(fields).every(([name, value]) => line[name] === value);
    while (!lines.some(fits)) await Promise.race([once(log, 'line'), ended]);
    return lines.find(fits)!;
  };
  return { address: String((await logged({ msg: 'trainer ready' })).address), logged };
}

test('a server that others can reach does not start without token and certificates, and says what to set', async () => {
  const { code, stderr } = await runProgram(process.execPath, [trainerMain], openTrainer({}));
  expect(code).toBe(1);
  expect(stderr).toContain('cannot listen on 0.0.0.0:0 without knowing who may call');
  expect(stderr).toMatch(/GRPC_TOKEN_FILE.*GRPC_TLS_CERT_FILE/);

  const short = await runProgram(process.execPath, [trainerMain], openTrainer({ GRPC_TOKEN: 'too-short' }));
  expect(short.code).toBe(1);
  expect(short.stderr).toContain(
    'GRPC_TOKEN: expected at least 32 characters, got a value that is not shown',
  );
  expect(short.stderr).not.toContain('too-short');

  const half = await runProgram(
    process.execPath,
    [trainerMain],
    openTrainer({ GRPC_TLS_CERT: certificates.cert }),
  );
  expect(half.code).toBe(1);
  expect(half.stderr).toMatch(/GRPC_TLS_KEY: expected all or none[\s\S]*GRPC_TLS_CA: expected all or none/);
});

test('with a token from a file it does', async () => {
  const token = 'the-token-of-this-test-which-is-long-enough';
  const file = join(directory, 'token');
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  const { address } = await startOpenTrainer({ GRPC_TOKEN_FILE: file });
  expect(await ask(address, { token })).toEqual({ make: 'failed', stop: null });
  expect(await ask(address, {})).toEqual({ make: unauthenticated, stop: unauthenticated });
  await expect(ask(address, servers.access)).rejects.toThrow('expected proof that the server at');
});

test('with certificates from files both sides verify', async () => {
  const settings: Record<string, string> = {};
  for (const name of ['cert', 'key', 'ca'] as const) {
    const file = join(directory, `${name}.pem`);
    await writeFile(file, certificates[name], { mode: 0o600 });
    settings[`GRPC_TLS_${name.toUpperCase()}_FILE`] = file;
  }
  const { address, logged } = await startOpenTrainer(settings);
  expect(await ask(address, { tls: certificates })).toEqual({ make: 'failed', stop: null });
  expect(await ask(address, { tls: stranger })).toEqual({ make: unavailable, stop: unavailable });
  await logged({ msg: 'refused a call', method: null });
});

/** A user of the store, by the credentials that its service gets. */
function storeAs(user: Account | 'cli'): ObjectStore {
  const env = user === 'cli' ? servers.env : environmentOf(user, servers.env);
  expect(env.S3_ACCESS_KEY).toBe(user);
  return createS3Store({ ...servers.s3, accessKey: env.S3_ACCESS_KEY!, secretKey: env.S3_SECRET_KEY! });
}

async function mayOrNot(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'AccessDenied') return false;
    throw error;
  }
}

/** One letter a right: may it get (g), put (p) and remove (r) objects under a prefix, and list (l) it? */
const storeRights = {
  trainer: {
    'datasets/': 'g',
    'weights/': 'g',
    'members/': 'gprl',
    'trained-things/': 'gprl',
    'checkpoints/members/': 'gprl',
    'checkpoints/trained-things/': 'gprl',
    'checkpoints/refiners/': '',
    'checkpoints/scored-things/': '',
    'maps/': '',
    'kcurves/': '',
    'experiments/': '',
    'refiners/': '',
    'refined/': '',
    'scored-things/': '',
    'reports/': '',
    'probes/': 'gprl',
  },
  scorer: {
    'datasets/': 'g',
    'weights/': 'g',
    'members/': 'g',
    'trained-things/': 'g',
    'checkpoints/members/': '',
    'checkpoints/trained-things/': '',
    'checkpoints/refiners/': 'gprl',
    'checkpoints/scored-things/': 'gprl',
    'maps/': 'gprl',
    'kcurves/': 'gprl',
    'experiments/': '',
    'refiners/': 'gprl',
    'refined/': 'gprl',
    'scored-things/': 'gprl',
    'reports/': '',
    'probes/': 'gprl',
  },
  coordinator: {
    'datasets/': 'gl',
    'weights/': 'grl',
    'members/': 'grl',
    'checkpoints/members/': 'grl',
    'checkpoints/refiners/': 'grl',
    'checkpoints/trained-things/': 'grl',
    'checkpoints/scored-things/': 'grl',
    'maps/': 'grl',
    'kcurves/': 'grl',
    'experiments/': 'gpl',
    'refiners/': 'grl',
    'refined/': 'grl',
    'trained-things/': 'grl',
    'scored-things/': 'grl',
    'reports/': 'gpl',
    'probes/': 'gprl',
  },
  cli: {
    'datasets/': 'gprl',
    'weights/': 'gprl',
    'members/': 'grl',
    'checkpoints/members/': 'grl',
    'checkpoints/refiners/': 'grl',
    'maps/': 'grl',
    'kcurves/': 'grl',
    'experiments/': 'gl',
    'refiners/': 'grl',
    'refined/': 'grl',
    'trained-things/': 'grl',
    'scored-things/': 'grl',
    'reports/': 'grl',
    'probes/': 'grl',
  },
} as const;

test.each(Object.keys(storeRights) as (keyof typeof storeRights)[])(
  'the store gives %s the rights that it needs, and no others',
  async (user) => {
    const all = createS3Store(servers.s3);
    const store = storeAs(user);
    const found: Record<string, string> = {};
    for (const prefix of Object.keys(storeRights[user])) {
      await all.put(`${prefix}key/object`, 'content');
      const rights: [string, () => Promise<unknown>][] = [
        ['g', () => store.get(`${prefix}key/object`)],
        ['p', () => store.put(`${prefix}key/object`, 'other content')],
        ['r', () => store.remove([`${prefix}key/object`])],
        ['l', () => store.list(`${prefix}key/`)],
      ];
      found[prefix] = '';
      for (const [letter, tried] of rights) if (await mayOrNot(tried())) found[prefix] += letter;
    }
    expect(found).toEqual(storeRights[user]);
    // The whole of the bucket, and other buckets.
    const whole = user === 'cli' || user === 'coordinator';
    expect(await mayOrNot(store.list(''))).toBe(whole);
    const other = createS3Store({
      ...servers.s3,
      bucket: 'other',
      accessKey: user,
      secretKey: secretOf(user),
    });
    expect(await mayOrNot(other.list(''))).toBe(false);
  },
);

function secretOf(user: Account | 'cli'): string {
  return (user === 'cli' ? servers.env : environmentOf(user, servers.env)).S3_SECRET_KEY!;
}

test('what services publish they publish once, a missing object is missing and not forbidden, and a damaged one is set aside', async () => {
  for (const [user, kind] of [
    ['trainer', 'members'],
    ['trainer', 'trained-things'],
    ['scorer', 'maps'],
    ['scorer', 'kcurves'],
    ['scorer', 'refiners'],
    ['scorer', 'refined'],
    ['scorer', 'scored-things'],
  ] as const) {
    const store = storeAs(user);
    const coordinator = storeAs('coordinator');
    const key = artifactKey({ kind });
    const manifest = `${kind}/${key}/manifest.json`;
    // As whoever makes it, and as the coordinator, who plans with it.
    for (const reader of [store, coordinator]) {
      expect(await readIntactManifest(reader, kind, key)).toEqual({ manifest: null, damage: null });
      expect(await store.putIfAbsent(manifest, 'cut o')).toBe(true);
      expect(await store.putIfAbsent(manifest, '{}')).toBe(false);
      const { damage } = await readIntactManifest(reader, kind, key);
      expect(damage?.setAside).toMatch(/manifest\.set-aside-.*\.json$/);
      expect(await reader.exists(manifest)).toBe(false);
    }
    expect(await mayOrNot(coordinator.put(manifest, '{}'))).toBe(false);
  }
});

test('a file that goes up in parts does so with the rights of all who send such', async () => {
  const file = join(directory, 'large');
  // The client cuts at 64 MiB.
  await writeFile(file, Buffer.alloc(65 * 1024 * 1024, 7));
  for (const [user, object] of [
    ['trainer', 'members/large/object'],
    ['scorer', 'maps/large/object'],
    ['coordinator', 'reports/large/object'],
    ['cli', 'datasets/large/object'],
  ] as const) {
    const store = storeAs(user);
    await store.putFile(object, file);
    expect(await store.exists(object)).toBe(true);
  }
});

async function natsAs(user: Account | 'cli'): Promise<NatsConnection> {
  const env = user === 'cli' ? servers.env : environmentOf(user, servers.env);
  expect(env.NATS_USER).toBe(user);
  const nats = await connectNats({
    url: servers.nats.url,
    user,
    password: env.NATS_PASSWORD!,
    name: `test-${user}`,
  });
  onTestFinished(() => nats.close());
  return nats;
}

/** Which of the subjects a user may publish to and subscribe to. */
async function natsRightsOf(user: Account | 'cli', subjects: readonly string[]) {
  const nats = await natsAs(user);
  const denied = { publish: new Set<string>(), subscription: new Set<string>() };
  void (async () => {
    for await (const status of nats.status()) {
      if (status.type !== 'error') continue;
      const { operation, subject } = status.error as { operation?: keyof typeof denied; subject?: string };
      if (operation !== undefined && subject !== undefined) denied[operation].add(subject);
    }
  })();
  for (const subject of subjects) {
    // Its own error reaches the status, too.
    nats.subscribe(subject, { callback: () => {} });
    if (!subject.includes('>')) nats.publish(subject, 'no JSON');
  }
  // The server answers in order: what it refuses, it has refused by then.
  await nats.flush();
  await nats.flush();
  return {
    publish: subjects.filter((subject) => !subject.includes('>') && !denied.publish.has(subject)),
    subscribe: subjects.filter((subject) => !denied.subscription.has(subject)),
  };
}

const api = '$JS.API';
const stream = 'KV_ddad-workers';
const subjects = [
  '>',
  'ddad.progress.some-key',
  'ddad.other',
  '$KV.ddad-workers.train.two',
  '$KV.ddad-workers.score.two',
  '$KV.ddad-workers.two',
  '$KV.other.train.two',
  `${api}.INFO`,
  `${api}.STREAM.INFO.${stream}`,
  `${api}.STREAM.CREATE.${stream}`,
  `${api}.STREAM.CREATE.KV_other`,
  `${api}.STREAM.UPDATE.${stream}`,
  `${api}.STREAM.DELETE.${stream}`,
  `${api}.STREAM.PURGE.${stream}`,
  `${api}.STREAM.MSG.DELETE.${stream}`,
  `${api}.STREAM.MSG.GET.${stream}`,
  `${api}.CONSUMER.CREATE.${stream}.name`,
  `${api}.CONSUMER.CREATE.KV_other.name`,
  `${api}.CONSUMER.DELETE.${stream}.name`,
  `${api}.STREAM.LIST`,
  '_INBOX.cli.x',
  '_INBOX.coordinator.x',
  '_INBOX.trainer.x',
  '_INBOX.scorer.x',
  '_INBOX.x',
];
const natsRights = {
  coordinator: {
    publish: [
      'ddad.progress.some-key',
      `${api}.INFO`,
      `${api}.STREAM.INFO.${stream}`,
      `${api}.STREAM.CREATE.${stream}`,
      `${api}.CONSUMER.CREATE.${stream}.name`,
      `${api}.CONSUMER.DELETE.${stream}.name`,
    ],
    subscribe: ['ddad.progress.some-key', '_INBOX.coordinator.x'],
  },
  trainer: {
    publish: [
      'ddad.progress.some-key',
      '$KV.ddad-workers.train.two',
      `${api}.INFO`,
      `${api}.STREAM.INFO.${stream}`,
      `${api}.STREAM.CREATE.${stream}`,
    ],
    subscribe: ['_INBOX.trainer.x'],
  },
  scorer: {
    publish: [
      'ddad.progress.some-key',
      '$KV.ddad-workers.score.two',
      `${api}.INFO`,
      `${api}.STREAM.INFO.${stream}`,
      `${api}.STREAM.CREATE.${stream}`,
    ],
    subscribe: ['_INBOX.scorer.x'],
  },
  cli: { publish: [], subscribe: ['ddad.progress.some-key', '_INBOX.cli.x'] },
};

test.each(Object.keys(natsRights) as (keyof typeof natsRights)[])(
  'NATS gives %s the rights that it needs, and no others',
  async (user) => {
    expect(await natsRightsOf(user, subjects)).toEqual(natsRights[user]);
  },
);

test.each([
  ['train', 'trainer'],
  ['score', 'scorer'],
] as const)(
  'a worker of pool %s announces itself and the coordinator sees it, each with its own rights',
  async (pool, user) => {
    const logger = createLogger('test', 'silent');
    let changed = () => {};
    const watch = await watchWorkers(await natsAs('coordinator'), () => changed(), logger);
    onTestFinished(() => watch.close());
    const until = async (there: boolean) => {
      while (watch.list().some(({ id }) => id === 'two') !== there) {
        await new Promise<void>((done) => {
          changed = done;
        });
      }
    };
    const entry = {
      pool,
      id: 'two',
      address: '127.0.0.1:1',
      device: 'none',
      slots: 1,
      keys: [],
      since: new Date().toISOString(),
      leaving: false,
    };
    const announced = await announceWorker(await natsAs(user), entry, logger);
    await until(true);
    await announced.close();
    await until(false);
  },
);
