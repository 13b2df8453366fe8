import { mainScore, type RunFacts, runFactsSchema } from '@ddad/contract';
import { expect, test } from 'vitest';
import { growRun, type Plan, planRun } from '../activities/plan.ts';
import { recordedDeps } from '../activities/planned-artifacts.testing.ts';
import { runFacts } from './run-facts.ts';
import { mainAuc } from './search-attributes.ts';

/** What report.json tells of a run that made all that its plan has, as somebody reads it again. */
function factsOf(plan: Plan): RunFacts {
  const nodes = plan.nodes.map((node) => ({
    node,
    outcome: null,
    begun: 1,
    scope: null,
    damaged: 0,
  }));
  const facts = runFacts('a-run', { synthetic: true }, { plan, nodes }, {});
  return runFactsSchema.parse(JSON.parse(JSON.stringify(facts)));
}

/** Its input. */
const reported = (plan: Plan) => factsOf(plan).input;

const keysOf = ({ nodes }: Plan) => nodes.map(({ id, key }) => [id, key]);
const sizes = { batchSize: 4, refiner: { batchSize: 2 } };

test.each<[string, object]>([
  ['the dataset alone', { dataset: 'many' }],
  ['one of several sizes', { dataset: 'small', imageSize: 128, k: 2, ...sizes }],
  ['K by the trainers that were there', { dataset: 'small', k: 'auto', maxK: 5, ...sizes }],
  ['a rate of the unlabeled images', { dataset: 'small', unlabeled: 2, anomalousRate: 0.5, ...sizes }],
  ['held-out images', { dataset: 'small', calibration: 0.25, falsePositiveRate: 0.4, ...sizes }],
  [
    'another seed, no refiner and a headline',
    { ...sizes, dataset: 'small', seed: 7, refiner: false, headline: 'aInter' },
  ],
  ['MC Dropout', { dataset: 'validated', uncertainty: 'dropout', dropout: { passes: 8 }, ...sizes }],
])('the input in a report makes the same artifacts again: %s', async (_what, input) => {
  const deps = await recordedDeps();
  const plan = await planRun(deps, input);
  // K may have followed from trainers that have gone by now.
  const since = new Date(0).toISOString();
  const others = Array.from({ length: 9 }, () => ({ leaving: false, since }));
  const later = { ...deps, presentTrainers: () => others, now: () => 1e9 };
  const again = await planRun(later, reported(plan));
  expect(keysOf(again)).toEqual(keysOf(plan));
  expect(reported(again)).toEqual(reported(plan));
});

test('the input in the report of a run that grew is the one that it grew to', async () => {
  const deps = await recordedDeps();
  const { basis } = await planRun(deps, { dataset: 'small', k: 2, ...sizes });
  const grown = await growRun(deps, basis, 4);
  expect(reported(grown)).toMatchObject({ k: 4, epochs: 250 });
  expect(keysOf(await planRun(deps, reported(grown)))).toEqual(keysOf(grown));
});

test('a size that the dataset alone decided is named in the report', async () => {
  const deps = await recordedDeps();
  const plan = await planRun(deps, { dataset: 'small', imageSize: 128, k: 2, ...sizes });
  const { imageSize: _, ...settings } = plan.basis.settings;
  expect(reported({ ...plan, basis: { ...plan.basis, settings } })).toMatchObject({ imageSize: 128 });
  const small = await planRun(deps, { dataset: 'small', k: 2, ...sizes });
  expect(reported(small)).not.toHaveProperty('imageSize');
});

test('pretrained weights are told by their key, which their name may not stand for any more', async () => {
  const plan = await planRun(await recordedDeps(), { dataset: 'small', k: 2, ...sizes });
  expect(factsOf(plan)).not.toHaveProperty('pretrainedKey');
  const key = 'a'.repeat(64);
  expect(factsOf({ ...plan, basis: { ...plan.basis, pretrained: key } })).toMatchObject({
    pretrainedKey: key,
  });
});

test('a headline is the main score of the result, and so of all that read it, as of DdadAuc', async () => {
  const deps = await recordedDeps();
  const scores = { rec: { auc: 0.6, ap: 0.6 }, aInterTop: { auc: 0.9, ap: 0.9 }, dsu: { auc: 0.7, ap: 0.7 } };
  const of = async (fields: object) => {
    const plan = await planRun(deps, { dataset: 'small', k: 2, batchSize: 4, refiner: false, ...fields });
    const { definitions = [] } = factsOf(plan);
    return [mainScore(definitions, scores), mainAuc({ definitions, scores })];
  };
  expect(await of({})).toEqual(['aInterTop', 0.9]);
  expect(await of({ headline: 'rec' })).toEqual(['rec', 0.6]);
  expect(await of({ headline: 'dsu' })).toEqual(['dsu', 0.7]);
});
