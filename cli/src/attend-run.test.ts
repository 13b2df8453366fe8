import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, runKeys } from '@ddad/contract';
import type { WorkflowResult } from '@ddad/runs';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attendRun, type RunDeps, type RunOptions } from './attend-run.ts';
import { exitCodes } from './failure.ts';
import { Interruption } from './interruption.ts';
import { inventedMethods, inventedProgress, inventedResult, student } from './invented-method.testing.ts';
import { recordedScreens } from './screens-for-tests.ts';
import type { TemporalRuns } from './temporal-runs.ts';

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-attend-'));
  store = memoryStore();
});
afterEach(() => rm(directory, { recursive: true }));

const runId = 'run-1';
/** A result that names objects of somebody else. */
const result = (page: string | null): RunResult =>
  inventedResult({
    runId,
    files: { report: 'reports/other/report.json', page, scores: 'reports/other/scores.csv' },
  });

/** Follows a run that has ended with this. */
async function attend(
  ended: WorkflowResult,
  options: RunOptions = {},
  deviations?: string[],
  interruption = new Interruption(),
) {
  const screens = recordedScreens();
  const runs: Partial<TemporalRuns> = {
    result: async () => ended,
    progress: async () =>
      inventedProgress([student(0, { state: 'finished' })], {
        stage: 'finished',
        ...(deviations === undefined ? {} : { deviations }),
      }),
  };
  const deps: RunDeps = {
    runs: runs as TemporalRuns,
    methods: inventedMethods,
    store: () => store,
    live: () => Promise.reject(new Error('no NATS')),
    screens,
    now: () => 0,
    page: () => null,
    progressPage: () => null,
    interruption,
  };
  const attended = await interruption.ends(
    attendRun(deps, { id: 'ddad-brain-1', executionId: runId }, options),
  );
  return { attended, out: screens.out.text(), err: screens.err.text() };
}

it("prints a run's scores, and how to see its report", async () => {
  const { out } = await attend({ runId, result: result(runKeys.page(runId)) });
  expect(out).toContain('brain: method distillation, 3 students, seed 0');
  expect(out).toMatch(/^fused +87\.9/m);
  expect(out.trim().split('\n').at(-1)).toBe('report: npx ddad report ddad-brain-1 --open');
});

it("reads the result of an experiment's run out of its report", async () => {
  await store.put(runKeys.report(runId), JSON.stringify(result(null)));
  const { attended } = await attend({ runId, result: null });
  expect(attended).toEqual(result(null));
});

it("saves the report under the run's own keys, whatever the result names", async () => {
  await store.put(runKeys.page(runId), 'the page');
  await store.put(runKeys.scores(runId), 'image,label\n');
  const { out } = await attend({ runId, result: result('reports/other/report.html') }, { out: directory });
  expect((await readdir(directory)).sort()).toEqual(['report.html', 'report.json', 'scores.csv']);
  expect(await readFile(join(directory, 'report.html'), 'utf8')).toBe('the page');
  expect(out).toMatch(/^page: {3}.*report\.html\nscores: .*scores\.csv\n$/m);
});

it('says so where the page could not be made, and leaves none of an earlier run', async () => {
  await store.put(runKeys.scores(runId), 'image,label\n');
  await writeFile(join(directory, 'report.html'), 'an earlier page');
  const saved = await attend({ runId, result: result(null) }, { out: directory });
  expect(saved.out).toMatch(/^page: {3}the page could not be made$/m);
  expect((await readdir(directory)).sort()).toEqual(['report.json', 'scores.csv']);
  const { out } = await attend({ runId, result: result(null) });
  expect(out.trim().split('\n').at(-1)).toBe('report: the page could not be made');
});

it('says on the other screen how the method differs from its source', async () => {
  const ended = { runId, result: result(null) };
  const { err } = await attend(ended, {}, ['no pretrained weights', 'size 64 instead of 256']);
  expect(err).toContain(
    'differs from its source: no pretrained weights\ndiffers from its source: size 64 instead of 256\n',
  );
  // A coordinator of a version before tells nothing of it.
  expect((await attend(ended)).err).not.toContain('differs');
});

it('ends at an interruption while it saves the report, and says where that is', async () => {
  const interruption = new Interruption();
  store = {
    ...store,
    getToFile: () => {
      interruption.come('SIGINT');
      return new Promise(() => {});
    },
  };
  const ended = { runId, result: result(runKeys.page(runId)) };
  await expect(attend(ended, { out: directory }, [], interruption)).rejects.toMatchObject({
    message:
      'interrupted: the run is finished; "npx ddad watch ddad-brain-1" shows its scores, "npx ddad report ddad-brain-1" its page',
    exitCode: exitCodes.interrupted,
  });
  expect(await readdir(directory)).toEqual(['report.json']);
});

it('leaves the run alone where it is interrupted while it follows', async () => {
  const interruption = new Interruption();
  interruption.come('SIGTERM');
  await expect(attend({ runId, result: result(null) }, {}, [], interruption)).rejects.toMatchObject({
    message: 'the run goes on; cancel it with: npx ddad cancel ddad-brain-1',
    exitCode: exitCodes.terminated,
  });
});
