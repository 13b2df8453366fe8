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
beforeEach(async () => {
  store = memoryStore();
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
  const failure: unknown = await publishReport({ store, onDamage: () => {} }, of, key).then(
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
