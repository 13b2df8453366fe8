import { defaultMethod } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { describe, expect, it } from 'vitest';
import { definitionsOf, describeRun, runSummary } from './described-run.ts';
import { MalformedResult, parseReport, parseRunResult, parseWorkflowResult } from './run-result.ts';

const result = {
  runId: 'r',
  dataset: 'brain',
  synthetic: false,
  method: 'gan',
  definitions: [
    { name: 'fake', symbol: { letter: 'F', index: '' }, meaning: 'how fake', map: false, rank: 0 },
  ],
  seed: 0,
  scores: { fake: { auc: 0.5, ap: 0.25 } },
  members: [],
  artifacts: {},
  seconds: { total: 1 },
  files: { report: 'reports/r/report.json', page: null, scores: null },
};

/** As runs from before there were methods, and pages, left it. */
const { method: _, definitions: __, files, ...rest } = result;
const old = { ...rest, k: 3, files: { report: files.report, scores: null } };
const first = methods.method(defaultMethod);

describe('a result', () => {
  it("keeps its method's own fields", () => {
    expect(parseRunResult({ ...result, latent: 16 }, 'x').latent).toBe(16);
  });

  it('from before there were methods and pages is one of the default method, without a page', () => {
    expect(parseRunResult(old, 'x')).toMatchObject({ method: defaultMethod, k: 3, files: { page: null } });
  });

  it('from before members had recipes has an input that says so: a run of it finds the same artifacts', () => {
    const refiner = { epochs: 100, batchSize: 8 };
    const input = { dataset: 'brain', method: defaultMethod, epochs: 250, refiner };
    expect(parseRunResult({ ...result, method: defaultMethod, input }, 'x').input).toEqual({
      ...input,
      recipe: 'paper',
      refiner: { recipe: 'paper', ...refiner },
    });
    expect(parseRunResult(result, 'x')).not.toHaveProperty('input');
  });

  it('that is none is refused with all of its faults', () => {
    const broken = { ...result, runId: '../x', members: 3 };
    expect(() => parseRunResult(broken, 'reports/r/report.json')).toThrow(MalformedResult);
    expect(() => parseRunResult(broken, 'reports/r/report.json')).toThrow(
      /^reports\/r\/report.json: expected a run's result; runId: expected .*; members: expected array, .*got 3$/,
    );
    expect(() => parseReport('no JSON', 'reports/r/report.json')).toThrow(/expected JSON, got other text/);
  });

  it('of a run of an experiment lies in its report alone', () => {
    const brief = { runId: 'r', report: 'reports/r/report.json', made: [], wanted: [] };
    expect(parseWorkflowResult(brief)).toEqual({ runId: 'r', result: null });
    expect(parseWorkflowResult(result)).toEqual({ runId: 'r', result });
  });
});

describe('score definitions', () => {
  it('are those of the result', () => {
    expect(definitionsOf(parseRunResult(result, 'x'))).toEqual(result.definitions);
  });

  it("are the method's where the result has none", () => {
    // Such a result says nothing of what came later, and has none of its scores.
    const settings = first.schema.parse({ dataset: 'brain', dsu: false });
    expect(definitionsOf(parseRunResult(old, 'x'))).toEqual(first.scores(settings));
  });
});

it("describes a run in its method's words, and names methods other than the default one", () => {
  expect(describeRun(parseRunResult(old, 'x'))).toBe(first.describe({ k: 3 }));
  expect(describeRun(parseRunResult(result, 'x'))).toBe('method gan');
});

it('tells a run that is about to start by its dataset, what its method says of its settings, and the seed', () => {
  const input = first.schema.parse({ dataset: 'brain', k: 5, seed: 7 });
  expect(runSummary(input)).toBe(`brain: ${first.describe(first.facts(input))}, seed 7`);
  expect(runSummary(input)).toContain('K = 5');
  expect(runSummary({ ...input, method: 'gan' })).toBe('brain: method gan, seed 7');
});
