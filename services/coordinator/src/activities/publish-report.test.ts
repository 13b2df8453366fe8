import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey, evaluationKind, type RunFacts, runKeys } from '@ddad/contract';
import { type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publishReport } from './publish-report.ts';

let store: ObjectStore;
let scratch: string;
/** Cancels the activity. */
let ending: AbortController;
beforeEach(async () => {
  store = memoryStore();
  ending = new AbortController();
  scratch = await mkdtemp(join(tmpdir(), 'ddad-report-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const facts: RunFacts = {
  ...{ runId: 'r', dataset: 'brain', synthetic: false, method: 'own', seed: 0, members: [], artifacts: {} },
  definitions: [{ name: 'odd', symbol: { letter: 'O', index: '' }, meaning: 'how odd', map: false, rank: 0 }],
  seconds: { total: 1 },
};
const spec = { of: 'a test' };
const key = artifactKey(spec);

/** Publishes an evaluation that found this, and the report of a run of it. */
async function publish(findings: object, of: RunFacts = facts) {
  const file = join(scratch, 'evaluation.json');
  await writeFile(file, JSON.stringify(findings));
  const made = { spec, loss: null, seconds: 1, worker: 'w', environment: {}, files: { evaluation: file } };
  await publishArtifact(store, { kind: evaluationKind.kind, key, ...made });
  const { signal } = ending;
  const failure: unknown = await publishReport({ store, onDamage: () => {} }, of, key, signal).then(
    () => null,
    (error: unknown) => error,
  );
  return failure;
}

const reported = async () => (await store.list('reports/')).map(({ key: object }) => object);

it('writes the facts and the findings of a run as one', async () => {
  expect(await publish({ scores: { odd: { auc: 0.5, ap: 0.25 } } })).toBeNull();
  const report = JSON.parse((await store.get(runKeys.report('r'))).toString('utf8'));
  expect(report).toMatchObject({ ...facts, scores: { odd: { auc: 0.5, ap: 0.25 } } });
});

it('of a form that nobody could read is no report, and no attempt is made to write it again', async () => {
  const definitions = [{ ...facts.definitions![0]!, name: 'o'.repeat(51) }];
  expect(await publish({ scores: null }, { ...facts, definitions })).toMatchObject({
    type: 'StageFailed',
    nonRetryable: true,
    message: expect.stringMatching(/^expected a run's result; definitions\.0\.name: expected .*, got "o+"$/),
  });
  expect(await reported()).toEqual([]);
});

it('of an evaluation that is intact and of no known form is not tried again either', async () => {
  expect(await publish({ scores: { odd: { auc: 2, ap: 0 } } })).toMatchObject({
    type: 'StageFailed',
    nonRetryable: true,
    message: expect.stringMatching(/^expected the findings of an evaluation; scores\.odd\.auc: .*, got 2$/),
  });
});

const isFindings = (object: string) =>
  object.startsWith(evaluationKind.kind) && !object.endsWith('manifest.json');
const scored = { scores: { odd: { auc: 0.5, ap: 0.25 } } };
const readReport = async () => JSON.parse((await store.get(runKeys.report('r'))).toString('utf8'));
/** Has report.json name its page, as `makePage` does. */
async function addPage(): Promise<object> {
  const report = await readReport();
  const paged = { ...report, files: { ...report.files, page: runKeys.page('r') } };
  await store.put(runKeys.report('r'), JSON.stringify(paged));
  return paged;
}

it('is not written by an attempt that was cancelled while it read', async () => {
  const memory = store;
  const reason = new Error('cancelled');
  store = {
    ...memory,
    async get(object) {
      const data = await memory.get(object);
      if (isFindings(object)) ending.abort(reason);
      return data;
    },
  };
  expect(await publish(scored)).toBe(reason);
  expect(await reported()).toEqual([]);
});

it('is not waited for by an attempt that was cancelled, while the store does not answer', async () => {
  const memory = store;
  const reason = new Error('cancelled');
  store = {
    ...memory,
    get(object) {
      if (!isFindings(object)) return memory.get(object);
      ending.abort(reason);
      return new Promise(() => {});
    },
  };
  expect(await publish(scored)).toBe(reason);
});

it('keeps its page where the same is published once more, by an attempt that nobody waits for', async () => {
  await publish(scored);
  const paged = await addPage();
  expect(await publish(scored, { ...facts, seconds: { total: 2 } })).toBeNull();
  expect(await readReport()).toEqual(paged);
});

it('of a graph that grew takes the place of one that has a page', async () => {
  await publish(scored);
  await addPage();
  const nodes = [{ id: 'n', kind: 'members', key: 'a'.repeat(64), unit: 'epoch' as const }];
  await publish(scored, { ...facts, nodes });
  expect(await readReport()).toMatchObject({ nodes, files: { page: null } });
});
