import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey } from '@ddad/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startStore } from './chosen-store.testing.ts';
import { readIntactManifest, setAsideFault } from './intact-manifests.ts';
import { type Manifest, manifestKey, publishArtifact, readManifest } from './manifests.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import type { RunningStore } from './store-server.testing.ts';

let running: RunningStore;
let store: ObjectStore;
let folder: string;
let published: Manifest;
let seed = 0;

beforeAll(async () => {
  running = await startStore();
  store = createS3Store(running.config);
  folder = await mkdtemp(join(tmpdir(), 'ddad-intact-'));
});

afterAll(async () => {
  await running.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  seed += 1;
  const spec = { seed };
  const weights = join(folder, 'weights');
  await writeFile(weights, 'the weights');
  const work = { loss: 1, seconds: 1, worker: 't1', environment: {} };
  const artifact = { kind: 'members' as const, key: artifactKey(spec), spec, files: { weights }, ...work };
  published = (await publishArtifact(store, artifact)).manifest;
});

const now = () => new Date('2026-10-01T12:00:00.500Z');
const read = (options: { digests?: boolean } = {}) =>
  readIntactManifest(store, 'members', published.key, { now, ...options });
const weightsKey = () => published.files.weights!.object;

test('reads the manifest of a whole artifact, and that of none as null', async () => {
  expect(await read()).toEqual({ manifest: published, damage: null });
  expect(await read({ digests: true })).toEqual({ manifest: published, damage: null });
  const none = await readIntactManifest(store, 'members', artifactKey({ no: 1 }));
  expect(none).toEqual({ manifest: null, damage: null });
});

/** What is wrong, how it comes about, how it is looked for, and what is said of it. */
type Harm = [string, () => Promise<void>, { digests?: boolean }, string | RegExp];

const file = () => published.files.weights!;
const put = (content: unknown) => store.put(manifestKey('members', published.key), JSON.stringify(content));
const putOther = () =>
  put({ ...published, key: artifactKey({ name: 'other' }), spec: { name: 'other' }, files: {} });

describe('sets aside a manifest', () => {
  test.each<Harm>([
    ['whose object is missing', () => store.remove([weightsKey()]), {}, 'expected 11 bytes, found none'],
    [
      'whose object was cut short',
      () => store.put(weightsKey(), 'the we'),
      {},
      'expected 11 bytes, found 6 bytes',
    ],
    [
      'whose object has another digest, where digests are asked for',
      () => store.put(weightsKey(), 'the weighty'),
      { digests: true },
      'found other bytes',
    ],
    [
      'that was cut short itself',
      () => store.put(manifestKey('members', published.key), '{"format": 1, "kin'),
      {},
      'manifest.json: expected JSON in UTF-8, got something else',
    ],
    ["that is another artifact's", putOther, {}, 'got one for members feb03d'],
    ['that is null', () => put(null), {}, 'expected object, received null'],
    ['that is a list', () => put([]), {}, 'expected object, received array'],
    [
      'that is empty, naming all that it lacks',
      () => put({}),
      {},
      /format: .*; kind: .*; key: .*; spec: .*; files: .*; loss: .*; seconds: .*; worker: .*; finishedAt: .*; environment: /,
    ],
    ['with its key only', () => put({ key: published.key }), {}, 'loss: Invalid input: expected number'],
    ...(['loss', 'spec', 'files', 'worker', 'finishedAt', 'seconds', 'environment'] as const).map(
      (field): Harm => [
        `without ${field}`,
        () => put({ ...published, [field]: undefined }),
        {},
        `manifest.json: ${field}: `,
      ],
    ),
    ['of another format', () => put({ ...published, format: 2 }), {}, 'format: '],
    ['of a kind that is a path', () => put({ ...published, kind: '../members' }), {}, 'kind: expected a'],
    ['whose loss is a text', () => put({ ...published, loss: '1' }), {}, 'loss: Invalid input'],
    ['of negative time', () => put({ ...published, seconds: -1 }), {}, 'seconds: Too small'],
    [
      'whose key is not the digest of its specification',
      () => put({ ...published, spec: { seed: -1 } }),
      {},
      "key: expected the specification's own key",
    ],
    [
      'whose specification has no digest',
      async () => {
        const text = JSON.stringify({ ...published, spec: { seed: 'here' } }).replace('"here"', '1e999');
        await store.put(manifestKey('members', published.key), text);
      },
      {},
      "key: expected the specification's own key (none)",
    ],
    ...[
      'datasets/names/brain.json',
      'members/other/abc',
      'members/KEY/../../datasets/x',
      'members/KEY/a/b',
      'members/KEY/',
    ].map(
      (object): Harm => [
        `that names ${object}`,
        () =>
          put({
            ...published,
            files: { weights: { ...file(), object: object.replace('KEY', published.key) } },
          }),
        {},
        'files.weights.object: expected an object below members/',
      ],
    ),
    [
      'with a digest that is none',
      () => put({ ...published, files: { weights: { ...file(), sha256: 'x' } } }),
      {},
      'files.weights.sha256',
    ],
    [
      'with less than no bytes',
      () => put({ ...published, files: { weights: { ...file(), bytes: -1 } } }),
      {},
      'files.weights.bytes',
    ],
  ])('%s', async (_, harm, options, fault) => {
    await harm();
    const text = await store.get(manifestKey('members', published.key));
    const { manifest, damage } = await read(options);
    expect(manifest).toBeNull();
    expect(damage).toMatchObject({ kind: 'members', key: published.key });
    expect(damage!.fault).toMatch(fault);
    expect(damage!.setAside).toBe(`members/${published.key}/manifest.set-aside-20261001T120000500Z.json`);
    expect(await store.get(damage!.setAside)).toEqual(text);
    // Not finished any more: it can be published anew.
    expect(await readManifest(store, 'members', published.key)).toBeNull();
    expect(await read(options)).toEqual({ manifest: null, damage: null });
  });
});

test('takes equal sizes for enough where digests are not asked for', async () => {
  await store.put(weightsKey(), 'the weighty');
  expect((await read()).manifest).toEqual(published);
});

test('leaves alone what was made again while it was judged', async () => {
  const fresh = JSON.stringify({ ...published, files: {} });
  const slow: ObjectStore = {
    ...store,
    async list(prefix) {
      const entries = await store.list(prefix);
      await store.put(manifestKey('members', published.key), fresh);
      return entries.filter(({ key }) => key !== weightsKey());
    },
  };
  const { manifest, damage } = await readIntactManifest(slow, 'members', published.key, { now });
  expect(manifest).toEqual(JSON.parse(fresh));
  expect(damage).toBeNull();
});

describe('why a manifest is missing', () => {
  const why = () => setAsideFault(store, 'members', published.key);

  test('is said to whoever comes after the one who set it aside', async () => {
    await store.put(weightsKey(), 'the weighty');
    expect((await read({ digests: true })).damage!.fault).toBe(await why());
    expect(await why()).toMatch(/^members\/.*: expected content with that SHA-256, found other bytes$/);
  });

  test('is not known where none was set aside', async () => {
    await store.remove([manifestKey('members', published.key)]);
    expect(await why()).toBeNull();
  });
});
