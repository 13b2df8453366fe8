import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExperimentResult, runKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandFailure, exitCodes } from '../failure.ts';
import { Interruption } from '../interruption.ts';
import { inventedMethods, inventedResult } from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { TemporalRuns } from '../temporal-runs.ts';
import { attendExperiment, type ExperimentDeps, type ExperimentOptions } from './attend-experiment.ts';

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-experiment-'));
  store = memoryStore();
  await store.put(runKeys.report('r1'), JSON.stringify(inventedResult({ runId: 'r1', scores: null })));
});
afterEach(() => rm(directory, { recursive: true }));

const finished = { axes: { k: 2 }, workflowId: 'e-01', runId: 'r1', report: runKeys.report('r1') };
const failed = { axes: { k: 3 }, workflowId: 'e-02', runId: 'r2', report: null, failure: 'no disk' };

/** Follows an experiment that has ended with these runs, none of whose test images has a label. */
async function attend(
  runs: ExperimentResult['runs'],
  options: ExperimentOptions,
  interruption = new Interruption(),
) {
  const screens = recordedScreens();
  const ended: ExperimentResult = {
    experimentId: 'e',
    runs,
    artifacts: {},
    seconds: 1,
    files: { experiment: 'experiments/e/experiment.json' },
  };
  const temporal: Partial<TemporalRuns> = {
    experimentResult: async () => ended,
    experimentProgress: async () => ({ stage: 'finished', runs: [] }),
  };
  const deps: ExperimentDeps = {
    runs: temporal as TemporalRuns,
    methods: inventedMethods,
    store: () => store,
    screens,
    now: () => 0,
    page: () => null,
    interruption,
  };
  const attended = interruption.ends(attendExperiment(deps, { id: 'e', executionId: 'x' }, options));
  const failure = await attended.then(
    () => null,
    (error: unknown) => error,
  );
  return { failure, out: screens.out.text(), written: (await readdir(directory)).sort() };
}

const results = ['experiment.json', 'results.csv', 'results.md', 'runs'];

it('writes the results whatever of the figures and the choice cannot be made, and tells all of that together', async () => {
  const { failure, out, written } = await attend([finished, failed], {
    out: directory,
    choose: 'scores',
    layouts: { tables: ['2'], figures: ['6', '8'] },
  });
  expect(written).toEqual([...results, 'table-2.md'].sort());
  expect(out).toContain('1 run of 2 finished');
  expect(out).toContain(join(directory, 'table-2.md'));
  expect(failure).toBeInstanceOf(CommandFailure);
  const { message, exitCode, document } = failure as CommandFailure;
  expect(message.split('\n')).toEqual([
    '1 run of the experiment failed; started again, it makes what is missing:',
    '  e-02: no disk',
    'none of the runs was chosen: of those that finished none could be compared:',
    '  e-01: expected held-out normal and unlabeled images, got 0 and 0',
    'figure 6: expected runs with labelled test images, got none',
    'figure 8: expected runs with labelled test images, got none',
  ]);
  expect(exitCode).toBe(exitCodes.runFailed);
  expect(document).toMatchObject({ experimentId: 'e' });
});

it('fails by what could not be made where all runs finished, and prints what it found all the same', async () => {
  const options = { out: directory, layouts: { tables: [], figures: ['8'] as const } };
  const { failure, written } = await attend([finished], options);
  expect(written).toEqual(results);
  expect(failure).toMatchObject({
    message: 'figure 8: expected runs with labelled test images, got none',
    exitCode: exitCodes.failed,
    document: { experimentId: 'e' },
  });
});

it('fails by an error of the system as it is, where there is nothing else to tell', async () => {
  await mkdir(join(directory, 'table-2.md', 'in-the-way'), { recursive: true });
  const options = { out: directory, layouts: { tables: ['2'] as const, figures: [] } };
  const { failure, written } = await attend([finished], options);
  expect(written).toEqual([...results, 'table-2.md'].sort());
  expect(failure).not.toBeInstanceOf(CommandFailure);
  expect(failure).toMatchObject({ code: expect.stringMatching(/^(EISDIR|ENOTEMPTY|EEXIST)$/) });
});

it('ends well where everything that was asked for could be made', async () => {
  const { failure, written } = await attend([finished], { out: directory });
  expect(failure).toBeNull();
  expect(written).toEqual(results);
  const document = JSON.parse(await readFile(join(directory, 'experiment.json'), 'utf8'));
  expect(document).toMatchObject({ experimentId: 'e', runs: [{ workflowId: 'e-01' }] });
});

it('leaves nothing of another experiment in a directory that has been used', async () => {
  await store.put(runKeys.report('r2'), JSON.stringify(inventedResult({ runId: 'r2' })));
  const second = { ...finished, workflowId: 'd-02', runId: 'r2', report: runKeys.report('r2') };
  const seeds = [{ ...finished, workflowId: 'd-01' }, second].map((run, seed) => ({
    ...run,
    axes: { seed },
  }));
  const before = await attend(seeds, { out: directory, layouts: { tables: ['2'], figures: [] } });
  expect(before.written).toEqual([...results, 'spread.csv', 'table-2.md'].sort());
  for (const name of ['choice.json', 'mine.md']) await writeFile(join(directory, name), 'text');
  const { written } = await attend([finished], { out: directory });
  expect(written).toEqual([...results, 'mine.md'].sort());
  expect(await readdir(join(directory, 'runs'))).toEqual(['e-01.json']);
});

it.each([
  ['gone', null, 'expected an object reports/r3/report.json, found none'],
  ['damaged', 'no report', 'reports/r3/report.json: expected JSON, got other text'],
])(
  'names a run whose report is %s among those that failed, and has all others',
  async (what, report, why) => {
    const lost = { axes: { k: 4 }, workflowId: 'e-03', runId: 'r3', report: runKeys.report('r3') };
    if (report !== null) await store.put(runKeys.report('r3'), report);
    const { failure, out, written } = await attend([lost, finished], { out: directory });
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        new RegExp(
          `^1 run of the experiment failed; started again, .*\n  e-03: finished, but its report is ${what}: .*${why}$`,
        ),
      ),
      exitCode: exitCodes.runFailed,
      document: { runs: [{ workflowId: 'e-03', failure: expect.stringContaining(why) }, finished] },
    });
    expect(out).toContain('1 run of 2 finished');
    expect(written).toEqual(results);
    expect(await readdir(join(directory, 'runs'))).toEqual(['e-01.json']);
    const markdown = await readFile(join(directory, 'results.md'), 'utf8');
    expect(markdown).toContain('2 runs, 1 of them failed');
    expect(markdown).toContain(`\`e-03\`): finished, but its report is ${what}: `);
  },
);

it('ends at an interruption after the experiment has ended, and writes nothing further', async () => {
  const interruption = new Interruption();
  const { get } = store;
  store.get = (key) => {
    interruption.come('SIGINT');
    return get(key);
  };
  const { failure, out, written } = await attend([finished], { out: directory }, interruption);
  expect(failure).toMatchObject({
    message: expect.stringMatching(
      /^interrupted: the experiment has ended, but not all of its results are written/,
    ),
    exitCode: exitCodes.interrupted,
  });
  expect([out, written]).toEqual(['', []]);
});

it('ends at an interruption while a report is read that does not come', async () => {
  const interruption = new Interruption();
  store.get = () => {
    interruption.come('SIGTERM');
    return new Promise(() => {});
  };
  expect((await attend([finished], {}, interruption)).failure).toMatchObject({
    message: 'interrupted: the experiment has ended; "npx ddad describe e" shows its runs',
    exitCode: exitCodes.terminated,
  });
});
