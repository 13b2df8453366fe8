import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetIndex, runKeys } from '@ddad/contract';
import {
  allWeights,
  type ObjectStore,
  putDataset,
  putWeights,
  removeDataset,
  removeWeights,
  saveCheckpoint,
} from '@ddad/storage';
import { memoryStore, publishContent } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordedScreens } from '../screens-for-tests.ts';
import { type PruneOptions, pruneStore } from './prune.ts';

const day = 24 * 3600 * 1000;
let folder: string;
let store: ObjectStore;
/** How old all objects are, in days; objects in memory do not age by themselves. */
let days: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-prune-'));
  const memory = memoryStore();
  days = 0;
  store = { ...memory, now: async () => new Date(days * day) };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const published = (name: string) =>
  publishContent(store, { kind: 'members', spec: { name }, files: { weights: name } });

async function checkpoint(key: string): Promise<void> {
  const path = join(folder, 'checkpoint');
  await writeFile(path, Buffer.alloc(1500));
  await saveCheckpoint(store, 'members', key, 1, 1, path);
}

async function prune(
  options: Partial<PruneOptions> = {},
  {
    underWay = [],
    datasets = [],
    unknown = [],
  }: { underWay?: string[]; datasets?: string[]; unknown?: string[] } = {},
) {
  const screens = recordedScreens();
  const runs = {
    underWay: async () => ({ underWay: new Set(underWay), datasets: new Set(datasets), unknown }),
  };
  const document = await pruneStore({ store, runs, screens }, { olderThan: 7 * day, ...options });
  return { document, out: screens.out.text(), err: screens.err.text() };
}

async function report(runId: string, keys: string[]): Promise<void> {
  const result = {
    runId,
    dataset: 'd',
    synthetic: true,
    seed: 1,
    members: [],
    artifacts: { maps: null },
    nodes: keys.map((key) => ({ id: key, kind: 'members', key, unit: 'epoch' })),
    seconds: {},
    images: { normal: 1, abnormal: 0 },
    scores: {},
    files: { report: runKeys.report(runId), page: null, scores: null },
  };
  await store.put(runKeys.report(runId), JSON.stringify(result));
}

test('shows by reason what would go, and removes it on request only', async () => {
  const key = await published('one');
  await checkpoint(key);
  await checkpoint('b'.repeat(64));
  await store.put(`members/${key}/${'a'.repeat(64)}`, 'orphan');
  days = 8;
  const before = await store.list('');
  const dry = await prune();
  expect(dry.out.split('\n')).toEqual([
    'left over                          objects     size',
    'files that no manifest names             1      6 B',
    'checkpoints of finished artifacts        1   1.5 kB',
    'checkpoints of ended attempts            1   1.5 kB',
    'together                                 3  3.01 kB',
    '',
  ]);
  expect(dry.err).toBe('nothing was removed; --delete removes 3 objects\n');
  expect(await store.list('')).toEqual(before);
  expect((await prune({ olderThan: 30 * day })).out).not.toContain('ended');

  const gone = await prune({ delete: true });
  expect(gone.out).toMatch(/^removed .*\n[\s\S]*\ntogether +3 +3\.01 kB\n$/);
  expect(gone.err).toBe('');
  expect((await store.list('')).map((entry) => entry.key)).toEqual([
    `members/${key}/${(await import('node:crypto')).createHash('sha256').update('one').digest('hex')}`,
    `members/${key}/manifest.json`,
  ]);
  expect(await prune()).toMatchObject({ out: '', err: 'nothing is left over\n' });
});

test('as JSON', async () => {
  expect((await prune()).document).toEqual({
    deleted: false,
    reasons: [],
    total: { objects: 0, bytes: 0 },
  });
  await checkpoint(await published('one'));
  expect((await prune({ delete: true })).document).toEqual({
    deleted: true,
    reasons: [{ reason: 'finished', objects: 1, bytes: 1500 }],
    total: { objects: 1, bytes: 1500 },
  });
});

test('artifacts go only where that is asked for, no report names them, and no run under way wants them', async () => {
  const [named, running, gone] = [
    await published('named'),
    await published('running'),
    await published('gone'),
  ];
  await report('r', [named]);
  days = 2;
  expect((await prune()).err).toBe('nothing is left over\n');
  const { out } = await prune({ artifacts: true, delete: true }, { underWay: [running] });
  expect(out).toMatch(/^artifacts that no run names +2 /m);
  const left = (await store.list('members/')).map(({ key }) => key.split('/')[1]);
  expect(new Set(left)).toEqual(new Set([named, running]));
  expect(left).not.toContain(gone);
});

test('says why artifacts and attempts are left alone', async () => {
  await published('gone');
  await checkpoint('b'.repeat(64));
  days = 8;
  const { err } = await prune({ artifacts: true }, { unknown: ['slow (does not answer)'] });
  expect(err).toBe(
    'artifacts that no run names, packed images that no name stands for, and checkpoints of ended attempts are left alone ' +
      'while it is not known what these want: slow (does not answer)\nnothing is left over\n',
  );
});

test('a report that cannot be read keeps every artifact', async () => {
  await published('gone');
  await store.put(runKeys.report('torn'), '{"runId":');
  days = 2;
  await expect(prune({ artifacts: true, delete: true })).rejects.toThrow(
    /cannot tell which artifacts no run names: reports\/torn\/report\.json: expected JSON/,
  );
  expect(await store.list('members/')).toHaveLength(2);
  expect((await prune({ delete: true })).err).toBe('nothing is left over\n');
});

test('weights are wanted while they have a name, or a run that may begin with them is under way', async () => {
  const add = (name: string, value: number) =>
    putWeights(store, {
      name,
      tensors: new Map([['a', { shape: [1], data: Float32Array.of(value) }]]),
      file: 'f'.repeat(64),
      by: 'tester',
    });
  const [kept, moved] = [await add('kept', 1), await add('moved', 2)];
  await removeWeights(store, 'moved');
  days = 8;
  const running = { underWay: ['b'.repeat(64)] };
  expect((await prune({ artifacts: true, delete: true }, running)).err).toBe('nothing is left over\n');
  expect((await prune()).err).toBe('nothing is left over\n');
  await prune({ artifacts: true, delete: true });
  expect(await allWeights(store)).toEqual([kept.key]);
  expect(moved.key).not.toBe(kept.key);
});

test('a patient withdraws: what was packed with the images goes once they are gone from the folder', async () => {
  const add = (name: string, digest: string, images: string[]) => {
    const index: DatasetIndex = {
      format: 1,
      imageSize: 2,
      images,
      train: images.map((_, at) => at),
      unlabeled: { labels: 'none' },
      test: { labels: 'none' },
      validation: [],
      copies: [],
      synthetic: true,
    };
    return putDataset(store, { name, index, pixels: new Uint8Array(images.length * 4), digest });
  };
  const [withThem, without] = ['1'.repeat(64), '2'.repeat(64)];
  await add('brain', withThem, ['kept.png', 'withdrawn.png']);
  await add('brain', without, ['kept.png']);
  days = 2;
  const there = async () => new Set((await store.list('datasets/')).map(({ key }) => key.split('/')[1]));
  // By itself, while a run reads them, and while it is not known what a run reads, they stay.
  for (const [options, claims] of [
    [{ delete: true }, {}],
    [{ artifacts: true, delete: true }, { datasets: [withThem] }],
    [{ artifacts: true, delete: true }, { unknown: ['new (is being planned)'] }],
  ] as const) {
    await prune(options, { ...claims } as Parameters<typeof prune>[1]);
    expect(await there()).toEqual(new Set([withThem, without, 'names']));
  }
  const { out } = await prune({ artifacts: true, delete: true });
  expect(out).toMatch(/^packed images that no name stands for +2 /m);
  expect(await there()).toEqual(new Set([without, 'names']));
  await removeDataset(store, 'brain');
  expect(await store.list('datasets/')).toEqual([]);
});
