import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addMembersSchema, canonicalJson, faultsOf, parseHostPort, sha256Hex } from '@ddad/contract';
import { isRunning } from '@ddad/local-cluster';
import { methods } from '@ddad/methods';
import { checkHealth, connectWorker, MakeRequest, StopRequest, unary } from '@ddad/rpc';
import { createS3Store } from '@ddad/storage';
import { type Client, type ServiceError, status } from '@grpc/grpc-js';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomValues } from './random-values.ts';
import { startService, startTestServers, type TestServers, type TestService } from './servers/index.ts';
import { startByTemporal } from './test-cluster.ts';

/** So that memory which is not given back shows at once, and not only once a heap of gigabytes is full. */
const smallHeap = '--max-old-space-size=80 --max-semi-space-size=2';

let servers: TestServers;
let trainer: TestService;
let scorer: TestService;
let coordinator: TestService;

beforeAll(async () => {
  servers = await startTestServers();
  const env = { ...servers.env, NODE_OPTIONS: smallHeap };
  [trainer, scorer] = await Promise.all([
    startService('trainer', { ...env, TRAINER_ID: 'one' }),
    startService('scorer', env),
  ]);
  coordinator = await startService('coordinator', servers.env);
});
afterAll(async () => {
  await Promise.all([coordinator?.stop(), trainer?.stop(), scorer?.stop()]);
  await servers?.stop();
});

interface Answer {
  code: number;
  details: string;
}

/** Calls a method with bytes as its request. Streaming and unary answers look alike here: what counts is the status. */
function call(client: Client, path: string, request: Buffer): Promise<Answer> {
  const same = (value: Buffer) => value;
  return new Promise((resolve) => {
    const stream = client.makeServerStreamRequest(path, same, same, request, {
      deadline: Date.now() + 20_000,
    });
    stream.on('data', () => {});
    stream.on('error', (error: ServiceError) => resolve({ code: error.code, details: error.details }));
    stream.on('end', () => resolve({ code: status.OK, details: '' }));
  });
}

/** A method, the requests that come close to right ones, and their encoded form. */
interface Method {
  path: string;
  request(random: RandomValues): Buffer;
}

const some = <T>(random: RandomValues, most: number, make: () => T): T[] =>
  Array.from({ length: random.below(most) }, make);
const unsigned = (random: RandomValues) => random.pick([0, 1, 2, 64, 1000, 2 ** 32 - 1]);
const real = (random: RandomValues) => random.pick([0, -1, 5e-4, 1, NaN, Infinity, -Infinity, 1e308]);
const header = (random: RandomValues, key = random.text()) =>
  random.below(10) === 0 ? undefined : { key, attempt: random.pick([0, 1, Number.MAX_SAFE_INTEGER]) };
const images = (random: RandomValues) => some(random, random.pick([2, 100, 20_000]), () => unsigned(random));
const finite = (spec: object) =>
  Object.fromEntries(
    Object.entries(spec).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isFinite(value) ? 0 : value,
    ]),
  );

const keys = (random: RandomValues) => some(random, 5, () => random.pick([random.hex(64), random.text()]));
const mutilated = (random: RandomValues, spec: object) =>
  random.pick([
    () => Buffer.from(random.text()),
    () => Buffer.from(JSON.stringify(random.json(Object.keys(spec)))),
    () => Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    () => random.mutated(Buffer.from(canonicalJson(finite(spec)))),
  ])();

/** A request whose specification is close to a right one of its kind. */
const make =
  (kind: string, spec: (random: RandomValues) => object) =>
  (random: RandomValues): Buffer => {
    const made = spec(random);
    // As JSON has it: a number that is none is null there.
    const bytes = random.below(4) === 0 ? mutilated(random, made) : Buffer.from(JSON.stringify(made));
    const request: MakeRequest = {
      job: header(random, random.below(2) === 0 ? sha256Hex(bytes) : random.text()),
      kind: random.pick([kind, kind, kind, random.text()]),
      spec: random.pick([bytes, Buffer.from(canonicalJson(finite(made)))]),
      datasetDigest: random.pick([random.hex(64), random.text()]),
      images: images(random),
    };
    return Buffer.from(MakeRequest.encode(request).finish());
  };

const shared = (random: RandomValues) => ({
  recipe: random.pick([1, 2, unsigned(random)]),
  backbone: random.pick(['ae', random.text()]),
  imagesDigest: random.pick([random.hex(64), random.text()]),
  imageSize: random.pick([64, unsigned(random)]),
});
const trained = (random: RandomValues) => ({
  seed: random.pick([1, Number.MAX_SAFE_INTEGER]),
  epochs: unsigned(random),
  batchSize: unsigned(random),
  learningRate: random.pick([5e-4, real(random)]),
});
const ensemble = (random: RandomValues) => ({ ...shared(random), ndm: keys(random), udm: keys(random) });

const member = make('members', (random) => ({
  ...shared(random),
  ...trained(random),
  role: random.pick(['ndm', 'udm', random.text()]),
}));
const maps = make('maps', ensemble);
const kCurve = make('kcurves', (random) => ({
  ...ensemble(random),
  subsets: random.pick([100, unsigned(random)]),
}));
const refiner = make('refiners', (random) => ({
  ...ensemble(random),
  ...trained(random),
  input: random.pick(['dual', 'intra', random.text()]),
  weightDecay: real(random),
}));
const refined = make('refined', (random) => ({
  maps: random.pick([random.hex(64), random.text()]),
  refiner: random.hex(64),
}));
const evaluation = make('scored-evaluations', (random) => ({
  recipe: 1,
  datasetDigest: random.hex(64),
  selection: random.json(['unlabeled', 'calibration']),
  trainsOnUnlabeled: true,
  scores: keys(random),
  sources: random.json(['kind', 'key', 'score', 'images', 'tensor']),
}));
const page = make('scored-pages', (random) => ({
  recipe: 1,
  result: random.json(['runId', 'method', 'scores', 'files']),
  input: random.json(['dataset', 'k']),
  datasetDigest: random.hex(64),
  artifacts: [],
  sources: [],
}));

const stop = (random: RandomValues): Buffer =>
  Buffer.from(StopRequest.encode({ job: header(random) }).finish());
const health = (random: RandomValues): Buffer => {
  const service = Buffer.from(random.text().slice(0, 100));
  return Buffer.concat([Buffer.of(0x0a, service.length & 0x7f), service]);
};

const path = '/ddad.v1.WorkerService/Make';
const calls: Record<'trainer' | 'scorer', Method[]> = {
  trainer: [
    { path, request: member },
    { path, request: member },
    { path, request: member },
    { path, request: maps },
    { path: '/ddad.v1.WorkerService/Stop', request: stop },
    { path: '/grpc.health.v1.Health/Check', request: health },
    { path: '/ddad.v1.WorkerService/Nothing', request: member },
  ],
  scorer: [
    ...[maps, kCurve, refiner, refined, evaluation, page, member].map((request) => ({ path, request })),
    { path: '/ddad.v1.WorkerService/Stop', request: stop },
    { path: '/ddad.v1.TrainerService/Train', request: member },
  ],
};

/** A message for a method: bytes that are nothing, a mutilated request, or a whole one with random values. */
function malformed(random: RandomValues, method: Method): Buffer {
  return random.pick([
    () => random.bytes(2_000),
    () => random.mutated(method.request(random)),
    () => method.request(random),
    () => method.request(random),
  ])();
}

async function residentMiB(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024;
}

const messages = 1_200;
/** After so many, what a server keeps for good (code, caches) is there. */
const warmUp = 400;

test.each(['trainer', 'scorer'] as const)(
  '%s: 1,200 malformed messages get a clear status each, crash nothing, and leave memory as it was',
  async (which) => {
    const service = which === 'trainer' ? trainer : scorer;
    const client = await connectWorker(service.address!, servers.access);
    const store = createS3Store(servers.s3);
    const objects = await store.list('');
    const random = new RandomValues(which === 'trainer' ? 6 : 8);
    const codes = new Map<number, number>();
    let atFirst = 0;
    try {
      for (let sent = 0; sent < messages; ) {
        if (sent >= warmUp && atFirst === 0) atFirst = await residentMiB(service.pid);
        const answers = await Promise.all(
          Array.from({ length: 20 }, async () => {
            const method = random.pick(calls[which]);
            return {
              path: method.path,
              ...(await call(client, method.path, malformed(random, method))),
            };
          }),
        );
        sent += answers.length;
        for (const { path, code, details } of answers) {
          codes.set(code, (codes.get(code) ?? 0) + 1);
          expect(clear, `${path}: ${status[code]} ${details.slice(0, 200)}`).toContain(code);
          if (code !== status.OK) expect(details.length).toBeGreaterThan(10);
          // What an accident says, where nobody looked at the value.
          expect(details).not.toMatch(/is not a function|is not iterable|Cannot read|Maximum call stack/);
        }
      }
      // Larger than the limit, plainly and once unpacked.
      const huge = Buffer.alloc(8 * 1024 * 1024, 1);
      expect((await call(client, path, huge)).code).toBe(status.RESOURCE_EXHAUSTED);
      const packing = await connectWorker(service.address!, servers.access, {
        channel: { 'grpc.default_compression_algorithm': 2 },
      });
      const unpacked = Buffer.alloc(256 * 1024 * 1024);
      expect((await call(packing, path, unpacked)).code).toBe(status.RESOURCE_EXHAUSTED);
      packing.close();
    } finally {
      client.close();
    }
    await noise(service.address!, random);

    // Requests of every kind were refused for what they said, and some got to what the store does not have.
    expect(codes.get(status.INVALID_ARGUMENT)).toBeGreaterThan(messages / 4);
    expect([...codes.values()].reduce((sum, count) => sum + count)).toBe(messages);
    expect(isRunning(service.identity)).toBe(true);
    expect(await checkHealth(service.address!, { limitMs: 5_000 })).toBe('SERVING');
    expect(await store.list('')).toEqual(objects);
    const grown = (await residentMiB(service.pid)) - atFirst;
    // MiB; measured: 6 after 5,000 messages.
    expect(grown).toBeLessThan(20);
  },
  120_000,
);

/** What may be said to a message that makes no sense. */
const clear = [
  status.OK,
  status.INVALID_ARGUMENT,
  status.INTERNAL,
  status.NOT_FOUND,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.UNIMPLEMENTED,
] as number[];

/** Connections that speak no gRPC: noise, and noise after a good beginning. */
async function noise(address: string, random: RandomValues): Promise<void> {
  const port = parseHostPort(address)?.port ?? 0;
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      const socket = connect({ host: '127.0.0.1', port });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => {});
      socket.resume();
      socket.end(Buffer.concat([random.pick([preface, Buffer.alloc(0)]), random.bytes(5_000)]));
      const timer = setTimeout(() => socket.destroy(), 5_000);
      await closed;
      clearTimeout(timer);
    }),
  );
}

test('after all that, a right call is answered as ever', async () => {
  const client = await connectWorker(trainer.address!, servers.access);
  try {
    const job = { key: 'f'.repeat(64), attempt: 1 };
    expect(await unary(client, client.stop, { job }, { limitMs: 5_000 })).toEqual({ wasRunning: false });
  } finally {
    client.close();
  }
});

const inputNames = [
  'dataset',
  'backbone',
  'k',
  'seed',
  'epochs',
  'batchSize',
  'learningRate',
  'unlabeled',
].concat(['anomalousRate', 'refiner', 'weightDecay', 'minMembers', 'uncertainty', 'dropout']);

test('the input of a run or of addMembers, whatever JSON it is, is an input or a list of faults', () => {
  const random = new RandomValues(10);
  const outcomes = { inputs: 0, faults: 0 };
  for (let i = 0; i < 6_000; i++) {
    const value = random.pick([
      () => random.json(inputNames),
      // Right but for one field, which may be right, too.
      () => ({ dataset: 'brain', k: 3, [random.pick(inputNames)]: random.json(inputNames, 1) }),
    ])();
    const more = addMembersSchema.safeParse(value);
    if (!more.success) expect(faultsOf(more.error, value).length).toBeGreaterThan(0);
    const parsed = methods.parseRunInput(value);
    if ('input' in parsed) {
      outcomes.inputs += 1;
      expect(methods.parseRunInput(JSON.parse(JSON.stringify(parsed.input)))).toEqual(parsed);
    } else {
      outcomes.faults += 1;
      expect(parsed.faults.length).toBeGreaterThan(0);
      expect(parsed.faults.length).toBeLessThanOrEqual(101);
      for (const { message } of parsed.faults) expect(message.length).toBeLessThan(500);
    }
  }
  expect(outcomes.inputs).toBeGreaterThan(10);
  expect(outcomes.faults).toBeGreaterThan(3_000);
});

test('an experiment, whatever JSON it is, is an experiment or a list of faults', () => {
  const random = new RandomValues(11);
  const outcomes = { experiments: 0, faults: 0 };
  const names = [...inputNames, 'refiner.epochs', 'refiner.', '__proto__', 'base', 'axes', 'atOnce'];
  const axes = () =>
    Object.fromEntries(
      some(random, 3, () => [random.pick(names), some(random, 3, () => random.json(names, 1))]),
    );
  for (let i = 0; i < 2_000; i++) {
    const value = random.pick([
      () => random.json(names),
      () => ({ base: { dataset: 'brain' }, axes: axes() }),
      () => ({ base: { dataset: 'brain' }, axes: { seed: [0, random.below(3)], k: [2, 3] } }),
    ])();
    const parsed = methods.parseExperiment(value);
    if ('runs' in parsed) outcomes.experiments += 1;
    else {
      outcomes.faults += 1;
      expect(parsed.faults.length).toBeGreaterThan(0);
      expect(parsed.faults.length).toBeLessThanOrEqual(101);
      for (const { message } of parsed.faults) expect(message.length).toBeLessThan(1_000);
    }
  }
  expect(outcomes.experiments).toBeGreaterThan(100);
  expect(outcomes.faults).toBeGreaterThan(500);
});

/** Inputs that a parser, a printer or a limit may break on. */
const hostile: Record<string, string> = {
  nested: `{"dataset":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
  wide: `{${Array.from({ length: 60_000 }, (_, i) => `"field-${i}":1`).join(',')}}`,
  long: `{"${'n'.repeat(900_000)}":1}`,
  prototype: '{"dataset":"a","__proto__":{"k":3},"constructor":{"prototype":{}}}',
  nothing: 'null',
};

test.each(Object.keys(hostile))('a run with an input that is %s fails as InvalidInput', async (name) => {
  expect(methods.parseRunInput(JSON.parse(hostile[name]!))).toHaveProperty('faults');
  const directory = await mkdtemp(join(tmpdir(), 'ddad-hostile-'));
  const connection = await Connection.connect({ address: servers.temporal.address });
  try {
    const file = join(directory, 'input.json');
    await writeFile(file, hostile[name]!);
    const id = `hostile-${name}`;
    const started = await startByTemporal(servers.temporal.address, id, '--input-file', file);
    expect(started.stderr + started.stdout).toContain(id);
    const handle = new TemporalClient({ connection }).workflow.getHandle(id);
    const failure = await Promise.race([
      handle.result().then(
        () => 'it succeeded',
        (error: { cause?: unknown }) => error.cause,
      ),
      new Promise((resolve) => setTimeout(() => resolve('no end within 20 s'), 20_000).unref()),
    ]);
    expect(failure).toMatchObject({ type: 'InvalidInput' });
  } finally {
    await connection.close();
    await rm(directory, { recursive: true });
  }
});
