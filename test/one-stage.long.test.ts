import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunCommands, runCommands } from './run-commands.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

let cluster: TestCluster;
let images: SmallDataset;
let folder: string;
let commands: RunCommands;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-one-stage-'));
  [cluster, images] = await Promise.all([startTestCluster(), smallDataset()]);
  commands = runCommands(cluster, images, folder);
  await commands.addDataset('slices');
});
afterAll(async () => {
  await cluster?.stop();
  await images?.remove();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** A page's text, as a reader sees it. */
const textOf = (html: string) =>
  html.replace(/<(style|script)\b[^>]*>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ');

test('a run with patches of unlabeled images goes from input to page, and its file scores as it did', async () => {
  const out = join(folder, 'out');
  const result = await commands.run(
    { dataset: 'slices', method: 'nsa', unlabeled: 10, epochs: 1, batchSize: 8, calibration: 0.5 },
    '--out',
    out,
  );
  expect(result).toMatchObject({ method: 'nsa', epochs: 1, batchSize: 8, unlabeled: 10, members: [] });
  expect(Object.keys(result.scores ?? {})).toEqual([
    'predicted',
    'predictedTop',
    'predictedPeak',
    'predictedRelative',
    'predictedForeground',
  ]);
  expect(Object.keys(result.artifacts)).toEqual(['network', 'maps']);
  const page = textOf(await readFile(join(out, 'report.html'), 'utf8'));
  expect(page).toContain('NSA*, patches of 10 unlabeled images as well');
  expect(page).toContain('size 64 instead of 224');
  expect(page).toContain('epochs 1 instead of 250');

  const file = join(folder, 'starred.onnx');
  const exported = await cluster.ddad('export', '--run', result.runId, file);
  expect(exported.code, exported.stderr).toBe(0);
  expect(exported.stdout).toContain('the network of NSA');
  const [header, ...rows] = (await readFile(join(out, 'scores.csv'), 'utf8')).trim().split('\n');
  const columns = header!.split(',');
  const paths = rows.map((row) => join(images.directory, 'images', row.split(',')[0]!));
  const scored = await cluster.ddad('score', file, ...paths);
  expect(scored.code, scored.stderr).toBe(0);
  expect(scored.stderr).toMatch(
    /^\d+ of \d+ images abnormal by predictedTop \(above 0\.\d+\); highest 0\.\d+: .+\n$/,
  );
  const lines = scored.stdout.trim().split('\n');
  expect(lines).toHaveLength(rows.length);
  for (const [at, line] of lines.entries()) {
    const { scores } = JSON.parse(line) as { scores: Record<string, number> };
    expect(Object.keys(scores)).toEqual([
      'predicted',
      'predictedTop',
      'predictedPeak',
      'predictedRelative',
      'predictedForeground',
    ]);
    const own = rows[at]!.split(',');
    for (const [name, score] of Object.entries(scores))
      expect(Math.abs(score - Number(own[columns.indexOf(name)])), name).toBeLessThan(1e-4);
  }
}, 600_000);
