import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey, canonicalJson, type KindDefinition, sha256Hex } from '@ddad/contract';
import { JobError, MakeRequest } from '@ddad/rpc';
import { type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type MakePlanDeps, makePlan } from './make-plan.ts';

const digest = 'a'.repeat(64);

const schema = z.strictObject({
  size: z.int().min(1),
  rate: z.number().max(1),
  of: z.array(z.string()).max(3),
  color: z.string().default('grey'),
});
type Spec = z.infer<typeof schema>;

/** A kind that reads pixels, and the files `a` and `b` of each artifact that it is made of. */
const kind: KindDefinition<Spec> = {
  kind: 'scored-things',
  pool: 'score',
  schema,
  needs: ({ of }) =>
    Object.fromEntries(of.map((key, i) => [`part ${i}`, { kind: 'trained-parts', key, files: ['a', 'b'] }])),
  reads: { pixels: true },
  leastImages: ({ size }) => size,
};
/** One that reads the dataset's index alone. */
const indexed = {
  ...kind,
  kind: 'scored-lists',
  reads: { index: true },
  needs: () => ({}),
  leastImages: undefined,
};
/** One that reads nothing of it. */
const blind = { ...indexed, kind: 'scored-words', reads: {} };
const elsewhere = { ...kind, kind: 'trained-things', pool: 'train' as const };
const kinds = new Map([kind, indexed, blind, elsewhere].map((one) => [one.kind, one as KindDefinition]));

const spec: Spec = { size: 2, rate: 0.5, of: [], color: 'grey' };

let store: ObjectStore;
let deps: MakePlanDeps;
let folder: string;

beforeEach(async () => {
  store = memoryStore();
  deps = {
    kinds: (name) => kinds.get(name) ?? null,
    pool: 'score',
    store,
    cache: {
      masks: async () => null,
      pixels: async (of) => `/scratch/${of}.u8`,
      index: async (of) => `/scratch/${of}.json`,
    },
    threads: 2,
    methods: ['/methods/more.ts'],
  };
  folder = await mkdtemp(join(tmpdir(), 'ddad-plans-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** As it comes off the wire. */
function request(
  change: Partial<MakeRequest> = {},
  text: string | Buffer = canonicalJson(spec),
): MakeRequest {
  const bytes = Buffer.from(text);
  const whole = MakeRequest.create({
    job: { key: sha256Hex(bytes), attempt: 1 },
    kind: kind.kind,
    spec: bytes,
    datasetDigest: digest,
    images: [5, 6],
    ...change,
  });
  return MakeRequest.decode(MakeRequest.encode(whole).finish());
}

function faults(of: MakeRequest): string[] {
  try {
    makePlan(of, deps);
  } catch (error) {
    if (error instanceof JobError && error.kind === 'invalid') return error.message.split('; ');
    throw error;
  }
  return [];
}

/** Publishes an artifact with files `a` and `b` that hold its name. @returns its key */
async function publish(name: string): Promise<string> {
  const path = join(folder, 'published');
  await writeFile(path, name);
  const made = { spec: { name }, files: { a: path, b: path }, loss: 0.5, seconds: 1, worker: 'tester' };
  const key = artifactKey(made.spec);
  await publishArtifact(store, { kind: 'trained-parts', key, ...made, environment: {} });
  return key;
}

test('a request becomes an artifact of its specification, and the task of a process', async () => {
  const plan = makePlan(request(), { ...deps, stepsACall: 4 });
  expect(plan).toMatchObject({ kind: 'scored-things', key: artifactKey(spec), spec });
  expect(await plan.prepare(folder, '/resume')).toEqual({
    kind: 'scored-things',
    key: artifactKey(spec),
    spec,
    inputs: {},
    pixels: `/scratch/${digest}.u8`,
    index: null,
    images: [5, 6],
    directory: folder,
    checkpoint: '/resume',
    threads: 2,
    stepsACall: 4,
    methods: ['/methods/more.ts'],
  });
});

test('what a kind does not read is neither asked for nor looked at', async () => {
  const task = await makePlan(request({ kind: indexed.kind, images: [] }), deps).prepare(folder, null);
  expect(task).toMatchObject({ pixels: null, index: `/scratch/${digest}.json`, images: [] });
  expect(task).not.toHaveProperty('masks');
  const cache = { ...deps.cache, masks: async (of: string) => `/scratch/${of}.masks` };
  const masked = { ...indexed, reads: { index: true, masks: true } } as unknown as KindDefinition;
  const withMasks = { ...deps, cache, kinds: () => masked };
  expect(
    await makePlan(request({ kind: indexed.kind, images: [] }), withMasks).prepare(folder, null),
  ).toMatchObject({ index: `/scratch/${digest}.json`, masks: `/scratch/${digest}.masks` });
  // The device decides.
  expect(task).not.toHaveProperty('stepsACall');
  const nothing = request({ kind: blind.kind, images: [], datasetDigest: '' });
  expect(await makePlan(nothing, deps).prepare(folder, null)).toMatchObject({ pixels: null, index: null });
  expect(faults(request({ kind: indexed.kind, datasetDigest: '../../etc/passwd' }))).toEqual([
    'dataset digest: expected 64 hexadecimal digits, got "../../etc/passwd"',
  ]);
});

test('artifacts that it needs are fetched once each, with their manifests', async () => {
  const [one, two] = [await publish('one'), await publish('two')];
  let fetched = 0;
  const counting: ObjectStore = {
    ...store,
    getToFile(object, path) {
      fetched += 1;
      return store.getToFile(object, path);
    },
  };
  const plan = makePlan(request({}, canonicalJson({ ...spec, of: [one, two, one] })), {
    ...deps,
    store: counting,
  });
  const { inputs } = (await plan.prepare(folder, null)) as {
    inputs: Record<string, { files: Record<string, string> }>;
  };
  expect(inputs['part 1']).toMatchObject({ manifest: { key: two, spec: { name: 'two' }, loss: 0.5 } });
  expect(inputs['part 1']!.files).toEqual({ a: join(folder, 'part 1.a'), b: join(folder, 'part 1.b') });
  expect(inputs['part 2']).toEqual(inputs['part 0']);
  for (const [name, content] of [
    ['part 0', 'one'],
    ['part 1', 'two'],
  ] as const)
    for (const path of Object.values(inputs[name]!.files)) expect(await readFile(path, 'utf8')).toBe(content);
  expect(fetched).toBe(4);
});

test('a missing artifact is named, and no fault of the request: it may be about to be made again', async () => {
  const missing = request({}, canonicalJson({ ...spec, of: [digest] }));
  const failure = await makePlan(missing, deps)
    .prepare(folder, null)
    .catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(JobError);
  expect(failure).toMatchObject({
    message: `trained-parts ${digest}: expected it to be finished, found no manifest`,
  });
});

test('lists every fault of a request at once, of the specification by path', () => {
  const wrong = { size: 0, rate: 2, of: [], color: 'grey', more: 1 };
  const of = request(
    { job: { key: digest, attempt: 1 }, datasetDigest: 'A'.repeat(64), images: [] },
    canonicalJson(wrong),
  );
  expect(faults(of)).toEqual([
    expect.stringMatching(/^key: expected the specification's SHA-256, [0-9a-f]{64}, got "a+\.\.\.$/),
    'spec.size: Too small: expected number to be >=1, got 0',
    'spec.rate: Too big: expected number to be <=1, got 2',
    'spec.more: unknown field',
    expect.stringMatching(/^dataset digest: expected 64 hexadecimal digits, got "A+\.\.\.$/),
  ]);
  expect(faults(MakeRequest.create())).toEqual([
    'job: expected a header, got none',
    'kind: expected one that a method of this service brings, got ""',
    'spec: expected JSON in UTF-8, got something else',
  ]);
});

test('refuses kinds that nobody brings, or that another pool makes', () => {
  expect(faults(request({ kind: 'members/../x' }))).toEqual([
    'kind: expected one that a method of this service brings, got "members/../x"',
  ]);
  expect(faults(request({ kind: elsewhere.kind }))).toEqual([
    'kind: expected one of pool score, got "trained-things of pool train"',
  ]);
});

test('refuses fewer images than the kind wants', () => {
  expect(faults(request({ images: [3] }))).toEqual(['images: expected at least 2, got 1']);
});

test.each([
  ['fields in another order', '{"size":2,"rate":0.5,"of":[],"color":"grey"}'],
  ['white space', canonicalJson(spec).replace(',', ', ')],
  ['a number written otherwise', canonicalJson(spec).replace('0.5', '5e-1')],
  ['a default that was left out', canonicalJson({ size: 2, rate: 0.5, of: [] })],
  ['a field twice', canonicalJson(spec).replace('{', '{"color":"grey",')],
])('refuses a specification that is not canonical: %s', (_what, text) => {
  expect(faults(request({}, text))).toEqual([
    'spec: expected canonical JSON, with every default written out',
  ]);
});

test.each([
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['no JSON', Buffer.from('{"size":2')],
  ['a byte order mark', Buffer.from(`\ufeff${canonicalJson(spec)}`)],
])('refuses a specification that is %s', (_what, bytes) => {
  expect(faults(request({}, bytes))).toEqual(['spec: expected JSON in UTF-8, got something else']);
});

test('a specification may have a mebibyte, and not a byte more', () => {
  const of = (bytes: number) => {
    const room = bytes - canonicalJson({ ...spec, color: '' }).length;
    return request({}, canonicalJson({ ...spec, color: 'x'.repeat(room) }));
  };
  expect(faults(of(2 ** 20))).toEqual([]);
  expect(faults(of(2 ** 20 + 1))).toEqual(['spec: expected at most 1048576 bytes, got 1048577']);
});
