import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunProgress, RunResult } from '@ddad/contract';
import { type ClusterEnv, down, homeAt, operatorStore, startServers, up } from '@ddad/local-cluster';
import { createS3Store, latestCheckpoint, type Manifest, manifestKey, type ObjectStore } from '@ddad/storage';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bareEnvironment } from './servers/bare-environment.ts';
import { slowMethod } from './slow-method/method.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { runDdad } from './test-cluster.ts';

/**
 * What docs/operations.md says of backups: Temporal's database first, then the store, both while everything runs; both restored
 * into a cluster that knows neither, and the runs of the first go on there.
 */
const environment = {
  ...bareEnvironment(),
  METHODS: slowMethod,
  CHECKPOINT_INTERVAL_S: '0.5',
  PROGRESS_INTERVAL_S: '0.5',
};
/** Of a member's 300 epochs, those that are in the backup at least. */
const saved = 60;
const memberIds = ['member walk 0', 'member walk 1'] as const;

/** By the command of docs/operations.md: Node's own backup has failed on a database that is written to ("not an error"). */
const copyDatabase = async (from: string, to: string) => {
  const script = 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))';
  await promisify(execFile)(process.env.DDAD_TEST_PYTHON ?? 'python3', ['-c', script, from, to], {
    timeout: 60_000,
  });
};

let folder: string;
let dataset: SmallDataset;
const homes = () => ({ lost: join(folder, 'lost'), restored: join(folder, 'restored') });
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-backup-'));
  dataset = await smallDataset();
});
afterAll(async () => {
  for (const close of closers.reverse()) await close().catch(() => {});
  for (const home of Object.values(homes())) await down({ home });
  await dataset?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function connect(cluster: ClusterEnv): Promise<{ client: Client; store: ObjectStore }> {
  const connection = await Connection.connect({ address: cluster.TEMPORAL_ADDRESS });
  closers.push(() => connection.close());
  return { client: new Client({ connection }), store: createS3Store(operatorStore(cluster)) };
}

/** Manifests of artifacts that a run made, by the ids of their nodes. */
async function manifestsOf(store: ObjectStore, nodes: RunProgress['nodes']): Promise<Map<string, Manifest>> {
  const found = await Promise.all(
    nodes.map(async ({ id, kind, key }): Promise<[string, Manifest][]> => {
      const place = manifestKey(kind, key);
      if (!(await store.exists(place))) return [];
      return [[id, JSON.parse((await store.get(place)).toString('utf8')) as Manifest]];
    }),
  );
  return new Map(found.flat());
}

test('a backup of a cluster at work goes on elsewhere, and nothing is made twice', async () => {
  const { lost, restored } = homes();
  const first = await up({ home: lost, environment, trainers: 1 });
  const added = await runDdad(['dataset', 'add', 'small', dataset.directory], {
    ...first,
    METHODS: slowMethod,
  });
  expect(added.code, added.stderr).toBe(0);
  const before = await connect(first);
  const start = (client: Client, workflowId: string, input: object) =>
    client.workflow.start('trainEnsemble', {
      taskQueue: 'ddad',
      workflowId,
      args: [{ dataset: 'small', method: 'slow', ...input }],
    });

  const done = { k: 1, epochs: 2, restMs: 0, seed: 1 };
  const ended = (await (await start(before.client, 'done', done)).result()) as RunResult;
  const handle = await start(before.client, 'under-way', { k: 2, epochs: 300, restMs: 50, seed: 2 });
  const progress = () => handle.query<RunProgress>('progress');
  const state = async () => {
    const { nodes } = await progress();
    const of = async (id: string) => {
      const node = nodes.find((one) => one.id === id);
      if (node === undefined) return { made: false, saved: 0 };
      const { kind, key } = node;
      return {
        made: await before.store.exists(manifestKey(kind, key)),
        saved: (await latestCheckpoint(before.store, kind, key))?.done ?? 0,
      };
    };
    const [one, other] = [await of(memberIds[0]), await of(memberIds[1])];
    // The one trainer takes either first. A step is an epoch here.
    const slower = one.made ? other : one;
    finishedMember = one.made ? memberIds[0] : memberIds[1];
    slowest = one.made ? memberIds[1] : memberIds[0];
    return one.made !== other.made && slower.saved >= saved ? 'ready' : JSON.stringify({ one, other });
  };
  let finishedMember = '';
  let slowest = '';
  await expect.poll(state, { timeout: 400_000, interval: 300 }).toBe('ready');

  // The backup.
  const database = join(folder, 'temporal.db');
  await copyDatabase(join(homeAt(lost).temporal, 'temporal.db'), database);
  const objects = new Map<string, Buffer>();
  for (const { key } of await before.store.list('')) {
    // A checkpoint may give way to a newer one meanwhile.
    const content = await before.store.get(key).catch(() => null);
    if (content !== null) objects.set(key, content);
  }
  const { nodes } = await progress();
  const kept = await manifestsOf(before.store, nodes);
  expect([...kept.keys()]).toEqual([finishedMember]);
  await down({ home: lost });
  await rm(lost, { recursive: true, force: true });

  // A cluster with other credentials, into which it is restored before any service starts.
  await mkdir(homeAt(restored).temporal, { recursive: true });
  await copyDatabase(database, join(homeAt(restored).temporal, 'temporal.db'));
  const empty = await startServers({ home: restored, environment });
  const into = createS3Store(operatorStore(empty));
  for (const [key, content] of objects) if (!key.startsWith('probes/')) await into.put(key, content);
  const second = await up({ home: restored, environment, trainers: 1 });
  const after = await connect(second);

  const going = after.client.workflow.getHandle('under-way');
  const epochs = async () => {
    const { nodes: there } = await going.query<RunProgress>('progress');
    return there.find(({ id }) => id === slowest)?.done ?? 0;
  };
  const known = await epochs();
  const seen: number[] = [];
  const latest = async () => {
    seen.push(await epochs());
    return seen.at(-1);
  };
  await expect.poll(latest, { timeout: 200_000, interval: 100 }).toBeGreaterThan(Math.max(known, saved));
  // It went on from its checkpoint: one that began anew would have told of its first epochs.
  const least = Math.min(saved, known > 0 ? known : saved);
  expect(seen.filter((done) => done > 0 && done < least)).toEqual([]);
  const result = (await going.result()) as RunResult;
  expect(result.members).toHaveLength(2);
  expect(Object.keys(result.scores ?? {})).toEqual(['distance', 'square']);
  const now = await manifestsOf(after.store, nodes);
  expect([...now.keys()].sort()).toEqual(nodes.map(({ id }) => id).sort());
  // Made before the backup: the very manifest.
  expect(now.get(finishedMember)).toEqual(kept.get(finishedMember));
  expect(result.members.map(({ reused }) => reused)).toEqual([false, false]);

  const again = (await (await start(after.client, 'again', done)).result()) as RunResult;
  expect(again.members.map(({ key, reused }) => ({ key, reused }))).toEqual(
    ended.members.map(({ key }) => ({ key, reused: true })),
  );
  expect(again.scores).toEqual(ended.scores);
});
