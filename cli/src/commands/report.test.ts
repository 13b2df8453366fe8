import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandFailure, exitCodes } from '../failure.ts';
import { inventedMethods, inventedResult } from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { RunEntry } from '../temporal-runs.ts';
import { fetchReport } from './report.ts';

const executionId = '01234567-89ab-7cde-8f01-23456789abcd';
const unknownId = '01234567-89ab-7cde-8f01-000000000000';
const entry: RunEntry = {
  kind: 'run',
  id: 'ddad-small-1',
  executionId,
  status: 'completed',
  dataset: 'small',
  method: 'distillation',
  k: 2,
  started: new Date(0),
  closed: new Date(1000),
};

let cwd: string;
let store: ObjectStore;
let screens: ReturnType<typeof recordedScreens>;
let opened: string[];
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ddad-report-'));
  store = memoryStore();
  await store.put(runKeys.page(executionId), 'the page');
  screens = recordedScreens();
  opened = [];
});
afterEach(() => rm(cwd, { recursive: true }));

/** Temporal as it answers for one run. */
const deps = (found: RunEntry | null) => ({
  runs: { find: async () => found },
  methods: inventedMethods,
  store,
  screens,
  openFile: async (path: string) => void opened.push(path),
});

test("writes the run's page, and tells where", async () => {
  await fetchReport(deps(entry), { run: 'ddad-small-1', cwd });
  const file = join(cwd, 'ddad-small-1.html');
  expect(await readFile(file, 'utf8')).toBe('the page');
  expect(screens.out.text()).toBe(`${file}\n`);
  expect(opened).toEqual([]);
});

test('opens the file that it was told to write', async () => {
  await fetchReport(deps(entry), { run: 'ddad-small-1', out: 'new/page.html', open: true, cwd });
  expect(opened).toEqual([join(cwd, 'new/page.html')]);
  expect(await readFile(join(cwd, 'new/page.html'), 'utf8')).toBe('the page');
});

describe('with names', () => {
  const room = '<script type="application/json" id="image-names">null</script>';

  test('has those of scores.csv in the page', async () => {
    await store.put(runKeys.page(executionId), `<p>${room}</p>`);
    await store.put(runKeys.scores(executionId), 'image,label,near\n"a,b.png",0,1\n\'=c.png,1,2\n');
    await fetchReport(deps(entry), { run: 'r', names: true, cwd });
    expect(await readFile(join(cwd, 'r.html'), 'utf8')).toBe(
      `<p>${room.replace('null', '["a,b.png","=c.png"]')}</p>`,
    );
    await fetchReport(deps(entry), { run: 'r', cwd });
    expect(await readFile(join(cwd, 'r.html'), 'utf8')).toBe(`<p>${room}</p>`);
  });

  test('says so where there are no test images to name, and fetches the page without', async () => {
    await store.put(
      runKeys.report(executionId),
      JSON.stringify(
        inventedResult({ runId: executionId, files: { report: '', page: 'there', scores: null } }),
      ),
    );
    const failure = await fetchReport(deps(entry), { run: 'r', names: true, cwd }).catch((error) => error);
    expect(failure).toMatchObject({
      exitCode: exitCodes.badInput,
      message: 'r has no test images to name, as it has no scores.csv: "npx ddad report r" fetches its page',
    });
    await fetchReport(deps(entry), { run: 'r', cwd });
    expect(await readFile(join(cwd, 'r.html'), 'utf8')).toBe('the page');
  });

  test('says so where there is no page either', async () => {
    await store.remove([runKeys.page(executionId)]);
    await expect(fetchReport(deps(entry), { run: 'r', names: true, cwd })).rejects.toThrow(
      'no run r with a page',
    );
  });

  test('says so where the page has no room for them', async () => {
    await store.put(runKeys.scores(executionId), 'image,label,near\na.png,0,1\n');
    await expect(fetchReport(deps(entry), { run: 'r', names: true, cwd })).rejects.toThrow(
      'the page of r has no room for names',
    );
  });
});

test('keeps the file and says where it is when no browser starts', async () => {
  const openFile = async () => {
    throw new Error('xdg-open: not installed');
  };
  await expect(fetchReport({ ...deps(entry), openFile }, { run: 'r', open: true, cwd })).rejects.toThrow(
    `${join(cwd, 'r.html')} is there, but no browser could be started: xdg-open: not installed`,
  );
  expect(await readFile(join(cwd, 'r.html'), 'utf8')).toBe('the page');
});

test("Temporal's run id is enough once Temporal has forgotten the run", async () => {
  await store.put(`reports/${executionId}/report.html`, 'an old page');
  await fetchReport(deps(null), { run: executionId, cwd });
  expect(await readFile(join(cwd, `${executionId}.html`), 'utf8')).toBe('an old page');
});

test.each([
  ['nobody', null, exitCodes.badInput, 'no run nobody; "npx ddad runs" lists them'],
  [unknownId, null, exitCodes.badInput, `no run ${unknownId} with a page`],
  [
    'r',
    { ...entry, status: 'running' as const },
    exitCodes.notNow,
    'ddad-small-1 has no report: it is running',
  ],
])('%s: says why there is no page (%#)', async (run, found, exitCode, message) => {
  const failure = await fetchReport(deps(found), { run, cwd }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailure);
  expect(failure).toMatchObject({ exitCode, message: expect.stringContaining(message) as string });
});

test.each([
  ['whose page could not be made', { page: null }],
  ['from before pages were made', {}],
])('a run %s has none', async (_what, page) => {
  await store.remove([runKeys.page(executionId)]);
  const { files, ...result } = inventedResult({ runId: executionId });
  const left = { ...result, files: { report: files.report, scores: files.scores, ...page } };
  await store.put(runKeys.report(executionId), JSON.stringify(left));
  await expect(fetchReport(deps(entry), { run: 'r', cwd })).rejects.toThrow(
    'r has no page: it could not be made, or the run was finished before runs had one',
  );
});
