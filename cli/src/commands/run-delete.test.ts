import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey, type DatasetIndex, pageKind, runKeys } from '@ddad/contract';
import { type ObjectStore, publishArtifact, putDataset, saveCheckpoint } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exitCodes } from '../failure.ts';
import { inventedProgress, inventedResult, student } from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { RunEntry } from '../temporal-runs.ts';
import { showDisk } from './disk.ts';
import { deleteRun } from './run-delete.ts';

let folder: string;
let store: ObjectStore;
let forgotten: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-delete-'));
  store = memoryStore();
  forgotten = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** @returns the artifact's key */
async function published(spec: object, bytes: number, kind = 'trained-students'): Promise<string> {
  const path = join(folder, 'file');
  await writeFile(path, Buffer.alloc(bytes, JSON.stringify(spec)));
  const key = artifactKey(spec);
  const work = { loss: null, seconds: 1, worker: 'w', environment: {}, files: { weights: path } };
  await publishArtifact(store, { kind, key, spec, ...work });
  return key;
}

async function reported(runId: string, keys: string[]): Promise<void> {
  const nodes = keys.map((key) => ({ id: key, kind: 'trained-students', key, unit: 'epoch' as const }));
  const files = { report: runKeys.report(runId), page: runKeys.page(runId), scores: null };
  await store.put(runKeys.report(runId), JSON.stringify(inventedResult({ runId, nodes, files })));
  await store.put(runKeys.page(runId), 'page');
}

const entry = (id: string, status: RunEntry['status'], kind: RunEntry['kind'] = 'run'): RunEntry => ({
  ...{ kind, id, executionId: `of-${id}`, status, dataset: 'brain', method: 'distillation', k: 3 },
  ...{ started: new Date(0), closed: null },
});

async function remove(
  run: string,
  {
    found = entry(run, 'completed') as RunEntry | null,
    dryRun = false,
    underWay = [] as string[],
    unknown = [] as string[],
    planned = [] as string[],
  } = {},
) {
  const screens = recordedScreens();
  const runs = {
    find: async () => found,
    progress: async () => inventedProgress(planned.map((key, i) => student(i, { key }))),
    underWay: async () => ({ underWay: new Set(underWay), datasets: new Set<string>(), unknown }),
    forget: async ({ id }: { id: string }) => void forgotten.push(id),
  };
  const document = await deleteRun({ runs, store, screens }, { run, dryRun });
  return { document, out: screens.out.text(), err: screens.err.text() };
}

const objects = async () => (await store.list('')).map(({ key }) => key).sort();

it('removes what is a run’s own, and keeps what others name or want, and the dataset', async () => {
  const own = await published({ seed: 1 }, 100);
  const shared = await published({ seed: 2 }, 200);
  const wanted = await published({ seed: 3 }, 300);
  await published({ result: { runId: 'of-mine' } }, 50, pageKind.kind);
  const otherPage = await published({ result: { runId: 'of-other' } }, 50, pageKind.kind);
  await saveCheckpoint(store, 'trained-students', own, 1, 1, join(folder, 'file'));
  await reported('of-mine', [own, shared, wanted]);
  await reported('of-other', [shared]);
  await store.put('datasets/names/brain.json', '{}');
  const before = await objects();

  const dry = await remove('mine', { dryRun: true, underWay: [wanted] });
  expect(await objects()).toEqual(before);
  expect(forgotten).toEqual([]);
  expect(dry.out).toMatch(/^would go .*\nreport +2 .*\n2 artifacts +4 .*\ntheir checkpoints +1 /);
  expect(dry.out).toContain('kept: 2 artifacts of other runs too\n');
  expect(dry.err).toBe('nothing was removed; without --dry-run mine is\n');

  const { document } = await remove('mine', { underWay: [wanted] });
  const kept = (await objects()).map((key) => key.replace(/[0-9a-f]{64}$/, 'FILE'));
  expect(new Set(kept)).toEqual(
    new Set([
      'datasets/names/brain.json',
      ...[runKeys.report('of-other'), runKeys.page('of-other')],
      ...[shared, wanted].flatMap((key) => [
        `trained-students/${key}/FILE`,
        `trained-students/${key}/manifest.json`,
      ]),
      ...[`${pageKind.kind}/${otherPage}/FILE`, `${pageKind.kind}/${otherPage}/manifest.json`],
    ]),
  );
  expect(document).toMatchObject({ workflowId: 'mine', runId: 'of-mine', deleted: true, left: null });
  expect(document.artifacts.objects).toBe(4);
  expect(document.shared.map(({ key }) => key).sort()).toEqual([shared, wanted].sort());
  expect(forgotten).toEqual(['mine']);
});

it('removes of a run without a report what it had planned and nobody else names', async () => {
  const own = await published({ seed: 1 }, 100);
  await remove('mine', { found: entry('mine', 'cancelled'), planned: [own] });
  expect(await objects()).toEqual([]);
});

it('leaves artifacts alone while it is not known what runs under way want', async () => {
  const own = await published({ seed: 1 }, 100);
  await reported('of-mine', [own]);
  const { document, err } = await remove('mine', { unknown: ['other (is being planned)'] });
  expect(document).toMatchObject({ deleted: true, artifacts: { objects: 0 } });
  expect(err).toContain('artifacts stay: it is not known what these want: other (is being planned)');
  expect(await objects()).toHaveLength(2);
});

it('removes a run that Temporal has forgotten, by its report', async () => {
  const own = await published({ seed: 1 }, 100);
  await reported('run-1', [own]);
  expect((await remove('run-1', { found: null })).document.workflowId).toBeNull();
  expect(await objects()).toEqual([]);
  await expect(remove('run-1', { found: null })).rejects.toMatchObject({ exitCode: exitCodes.badInput });
});

it('refuses a run that is under way, and an experiment', async () => {
  await reported('of-mine', []);
  for (const found of [entry('mine', 'running'), entry('mine', 'completed', 'experiment')]) {
    await expect(remove('mine', { found })).rejects.toMatchObject({ exitCode: exitCodes.notNow });
  }
  expect(await objects()).toHaveLength(2);
});

it('disk counts what is a run’s own, what runs share, and what no report names', async () => {
  const own = await published({ seed: 1 }, 1000);
  const shared = await published({ seed: 2 }, 5000);
  const unnamed = await published({ seed: 3 }, 700);
  await reported('of-mine', [own, shared]);
  await reported('of-other', [shared]);
  const sizeOf = async (prefix: string) =>
    (await store.list(prefix)).reduce((sum, { size }) => sum + size, 0);
  const screens = recordedScreens();
  const list = async () => [entry('mine', 'completed')];
  const use = await showDisk({ store, list, screens }, { limit: 1 });
  expect(use.runs).toEqual([
    {
      ...{ runId: 'of-mine', workflowId: 'mine', dataset: 'brain' },
      own: {
        objects: 4,
        bytes: (await sizeOf(`trained-students/${own}`)) + (await sizeOf('reports/of-mine/')),
      },
      shared: { objects: 2, bytes: await sizeOf(`trained-students/${shared}`) },
    },
    expect.objectContaining({
      runId: 'of-other',
      workflowId: null,
      own: expect.objectContaining({ objects: 2 }),
    }),
  ]);
  expect(use.unnamed.bytes).toBe(await sizeOf(`trained-students/${unnamed}`));
  expect(use.kinds.map(({ kind, objects }) => [kind, objects])).toEqual([
    ['trained-students', 6],
    ['reports', 4],
  ]);
  expect(use.pages).toEqual({ objects: 0, bytes: 0 });
  expect(use.total.bytes).toBe(await sizeOf(''));
  expect(screens.out.text()).toMatch(/^mine +brain +[\d.]+ kB +5\.\d+ kB\n\.\.\. and 1 more/m);
});

it('disk counts a page to its run, and apart where that has no report, never among artifacts', async () => {
  const own = await published({ seed: 1 }, 100);
  const page = await published({ result: { runId: 'of-mine' } }, 3000, pageKind.kind);
  const left = await published({ result: { runId: 'of-gone' } }, 50_000, pageKind.kind);
  await reported('of-mine', [own]);
  const sizeOf = async (...prefixes: string[]) =>
    (await Promise.all(prefixes.map((prefix) => store.list(prefix))))
      .flat()
      .reduce((sum, { size }) => sum + size, 0);
  const screens = recordedScreens();
  const use = await showDisk({ store, list: async () => [], screens }, { limit: 9 });
  const [mine] = use.runs;
  expect(mine?.own).toEqual({
    objects: 6,
    bytes: await sizeOf(`trained-students/${own}`, 'reports/of-mine/', `${pageKind.kind}/${page}`),
  });
  expect(use.unnamed).toEqual({ objects: 0, bytes: 0 });
  expect(use.pages).toEqual({ objects: 2, bytes: await sizeOf(`${pageKind.kind}/${left}`) });
  expect(screens.out.text()).toMatch(
    /\nartifacts that no report names: 0 B; pages of runs without a report: 50\.\d kB; "npx ddad prune" says/,
  );
  // What a run's own bytes are is what goes with it.
  const { document } = await remove('mine', { dryRun: true });
  expect(document.reports.bytes + document.artifacts.bytes).toBe(mine?.own.bytes);
});

it('disk counts packed images to their names, and apart where another packing took the name', async () => {
  const packing = (digest: string, images: number) => {
    const index: DatasetIndex = {
      format: 1,
      imageSize: 2,
      images: Array.from({ length: images }, (_, at) => `${at}.png`),
      train: Array.from({ length: images }, (_, at) => at),
      unlabeled: { labels: 'none' },
      test: { labels: 'none' },
      validation: [],
      copies: [],
      synthetic: true,
    };
    return putDataset(store, { name: 'brain', index, pixels: new Uint8Array(images * 4), digest });
  };
  const [before, now] = ['1'.repeat(64), '2'.repeat(64)];
  await packing(before, 3);
  await packing(now, 2);
  const screens = recordedScreens();
  const use = await showDisk({ store, list: async () => [], screens }, { limit: 9 });
  const countOf = async (digest: string) => {
    const entries = await store.list(`datasets/${digest}/`);
    return { objects: 2, bytes: entries.reduce((sum, { size }) => sum + size, 0) };
  };
  expect(use.datasets).toEqual([{ name: 'brain', ...(await countOf(now)) }]);
  expect(use.nameless).toEqual(await countOf(before));
  expect(screens.out.text()).toMatch(/; packed images that no name stands for: \d+ B; "npx ddad prune" says/);
});
