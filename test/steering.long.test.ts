import { join } from 'node:path';
import type { RunProgress, RunResult } from '@ddad/contract';
import type { RunNews } from '@ddad/runs';
import { manifestKey, readManifest } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapScores } from './map-scores.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

/** Shorter than the product's: the run learns of a member's first epoch while the member trains. */
const times = { PROGRESS_INTERVAL_S: '0.5' };

let cluster: TestCluster;
let dataset: SmallDataset;
let result: RunResult;

/** Of one role: as many members as it takes, of as many epochs that they train on while it is paused, and one refiner. */
const input = { dataset: 'small', unlabeled: 0, k: 2, epochs: 120, batchSize: 16, refiner: { epochs: 1 } };

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([startTestCluster({ env: times }), smallDataset()]);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(stderr).not.toContain('expected');
  expect(code).toBe(0);
  // Its pages are put together at the first request, which must not take the run's time.
  expect((await fetch(`${cluster.env.PAGE_URL}/runs`)).status).toBe(200);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

function start(workflowId: string) {
  return cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId,
    args: [input],
  });
}

test('a run is paused, given more members and resumed from the command line', async () => {
  const handle = await start('steered');
  const progress = () => handle.query<RunProgress>('progress');
  const training = async () => (await progress()).nodes.filter(({ done }) => done > 0).length;
  await expect.poll(training, { timeout: 120_000, interval: 200 }).toBeGreaterThanOrEqual(2);

  // The progress page is followed from here on.
  const { PAGE_URL: pages } = cluster.env;
  const page = await fetch(`${pages}/runs/steered`);
  const rows =
    (await page.text()).match(/<tr data-id="member [^"]*" data-key="[0-9a-f]{64}" class="\w+"/g) ?? [];
  expect(rows).toHaveLength(2);
  expect(rows.map((row) => /(\w+)"$/.exec(row)![1])).toContain('running');
  const events = fetch(`${pages}/runs/steered/events`).then((response) => response.text());

  const paused = await cluster.ddad('pause', 'steered');
  expect(paused.stdout).toContain('steered is paused');
  expect(await progress()).toMatchObject({ stage: 'paused', pausedIn: 'training' });
  expect((await cluster.store.list('checkpoints/members/')).length).toBeGreaterThanOrEqual(2);
  expect((await handle.describe()).raw.pendingActivities ?? []).toEqual([]);

  const refused = await cluster.ddad('add-members', 'steered', '--k', '65');
  expect(refused.code).toBe(2);
  const added = await cluster.ddad('add-members', 'steered', '--k', '3');
  expect(added.stdout).toContain('K = 3 from now on, 1 member more (ndm 2)');
  expect((await cluster.ddad('resume', 'steered')).stdout).toContain('steered goes on');

  result = (await handle.result()) as RunResult;
  expect(result.k).toBe(3);
  expect(result.members).toHaveLength(3);
  expect(result.members.filter(({ restarts }) => (restarts ?? 0) > 0).length).toBeGreaterThanOrEqual(2);
  expect(Object.keys(result.scores ?? {})).toEqual([
    'rec',
    ...['recEnsemble', 'aIntra', 'dsu', 'rIntra'].flatMap(mapScores),
  ]);
  // Live losses of a member that joined, then the whole history of all, the result, and the end.
  const news = [...(await events).matchAll(/^event: news\ndata: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data!) as RunNews,
  );
  expect(
    news.filter(({ run, curves }) => run.status === 'running' && Object.keys(curves).length > 0).length,
  ).toBeGreaterThan(3);
  const { key: joined } = result.members.find(({ index }) => index === 2)!;
  expect(
    news.some(({ view }) => view.jobs.some(({ key, state }) => key === joined && state === 'running')),
  ).toBe(true);
  expect(news.at(-1)).toMatchObject({
    run: { status: 'completed', k: 3 },
    scores: result.scores,
    report: true,
  });
  expect((await events).trimEnd()).toMatch(/event: end\ndata: \{\}$/);
  const report = await (await fetch(`${pages}/runs/steered/report`)).text();
  // What roles are, and the order of the stages, is what the method says of them.
  expect(report).toContain('trained on normal images');
  expect(report).toMatch(/train [\d:.a-z ]+, maps [\d:.a-z ]+, refine /);
  // The terminal shows how it ended: plain lines, as nobody's terminal is here.
  const watched = await cluster.ddad('watch', 'steered');
  expect(watched.code).toBe(0);
  expect(watched.stderr).toContain(`${pages}/runs/steered\n`);
  expect(watched.stderr.match(/^ndm \d: finished( in \d+:\d\d)?, loss .* on (one|two)$/gm)).toHaveLength(3);
  expect(watched.stdout).toMatch(/rIntra/);
  expect(JSON.parse((await cluster.ddad('watch', 'steered', '--json')).stdout)).toEqual(result);
  // Exported, it scores the test images as the scorer did, without the scores that no file has.
  const file = join(dataset.directory, 'steered.onnx');
  expect((await cluster.ddad('export', '--run', 'steered', file)).stdout).toContain(
    '3 ndm and 0 udm members',
  );
  const [heading, ...records] = (await cluster.store.get(result.files.scores!)).toString().trim().split('\n');
  const columns = heading!.split(',');
  const images = records.map((row) => join(dataset.directory, 'images', row.split(',')[0]!));
  const scored = await cluster.ddad('score', file, ...images);
  expect(scored.code, scored.stderr).toBe(0);
  expect(scored.stderr).toMatch(/^[^\n]*rIntraTop[^\n]*\n$/);
  const lines = scored.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { scores: Record<string, number> });
  expect(lines).toHaveLength(records.length);
  for (const [image, { scores }] of lines.entries()) {
    expect(Object.keys(scores).filter((name) => name.startsWith('dsu'))).toEqual([]);
    const own = records[image]!.split(',');
    for (const [name, score] of Object.entries(scores)) {
      // Of the score's size: AE-U's scores, divided by a predicted variance, reach hundreds where float32 has 1.5e-5.
      const expected = Number(own[columns.indexOf(name)]);
      expect(Math.abs(score - expected), name).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
    }
  }
  // A finished member keeps none.
  expect(await cluster.store.list('checkpoints/members/')).toEqual([]);
  expect((await cluster.ddad('add-members', 'steered', '--k', '4')).stderr).toContain(
    'steered cannot be added to: it is completed already',
  );
}, 900_000);

test('a finished member whose weights were damaged in the store is trained again, and the report says so', async () => {
  const { key } = result.members.find(({ role, index }) => role === 'ndm' && index === 1)!;
  const before = (await readManifest(cluster.store, 'members', key))!;
  const { object, bytes } = before.files.weights!;
  await cluster.store.put(object, Buffer.alloc(bytes, 1));
  // The smaller run has no maps yet: the scorer has to read the weights.
  const again = (await (await start('after-damage')).result()) as RunResult;
  expect(again.k).toBe(2);
  const replaced = again.members.filter((member) => member.replaced !== undefined);
  expect(replaced).toMatchObject([{ key, reused: false, replaced: expect.stringContaining('other bytes') }]);
  const after = (await readManifest(cluster.store, 'members', key))!;
  expect(after.files.weights!.sha256).toBe(before.files.weights!.sha256);
  const kept = (await cluster.store.list(`members/${key}/`)).map((entry) => entry.key);
  // Several jobs read the weights at once: each that finds them damaged keeps a copy of the same manifest.
  const setAside = kept.filter((name) => name.includes('manifest.set-aside-'));
  const copies = await Promise.all(setAside.map((name) => cluster.store.get(name)));
  expect(new Set(copies.map(String)).size).toBe(1);
  expect(kept).toContain(manifestKey('members', key));
});
