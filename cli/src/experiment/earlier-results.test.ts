import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeEarlierResults } from './earlier-results.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-earlier-'));
  await mkdir(join(directory, 'runs'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = async (...names: string[]) => {
  for (const name of names) await writeFile(join(directory, name), 'text');
};
const earlier = (...workflowIds: unknown[]) =>
  writeFile(
    join(directory, 'experiment.json'),
    JSON.stringify({ runs: workflowIds.map((workflowId) => ({ workflowId })) }),
  );
const left = async () =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

const own = ['choice.json', 'spread.csv', 'results.csv', 'results.md', 'table-2.md', 'figure-8.svg'];
const ofUser = ['table-notes.md', 'figure-8.svg.bak', 'results.txt', 'report.json', 'runs/mine.json'];

it("removes an earlier experiment's files and runs, and nothing of the user's", async () => {
  await earlier('a-01', 'a-02', 'b-01');
  await write(...own, ...ofUser, 'runs/a-01.json', 'runs/a-02.json', 'runs/b-01.json', 'runs/c-01.json');
  await mkdir(join(directory, 'table-3.md'));
  await write('table-3.md/mine');
  await removeEarlierResults(directory, new Set(['b-01']));
  expect(await left()).toEqual(
    [...ofUser, 'experiment.json', 'runs/b-01.json', 'runs/c-01.json', 'table-3.md/mine'].sort(),
  );
});

it('takes no file for an experiment’s where there was none', async () => {
  await write(...own, 'runs/a-01.json');
  await removeEarlierResults(directory, new Set());
  expect(await left()).toEqual([...own, 'runs/a-01.json'].sort());
});

it('leaves runs alone that a damaged file names, and all that lies elsewhere', async () => {
  await write('table-2.md', 'runs/a-01.json', 'mine.json', 'experiment.json');
  await removeEarlierResults(directory, new Set());
  expect(await left()).toEqual(['experiment.json', 'mine.json', 'runs/a-01.json']);
  await earlier('../mine', 5, null, '..', 'a-01');
  await removeEarlierResults(directory, new Set());
  expect(await left()).toEqual(['experiment.json', 'mine.json']);
  await rm(join(directory, 'runs'), { recursive: true });
  await removeEarlierResults(directory, new Set());
  expect(await left()).toEqual(['experiment.json', 'mine.json']);
});
