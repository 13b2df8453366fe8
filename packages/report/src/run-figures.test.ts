import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { runFigures } from './run-figures.ts';
import { syntheticRun } from './synthetic-run.testing.ts';

const {
  definitions,
  result,
  test: found,
} = syntheticRun({ normal: 20, abnormal: 20, side: 8, reduced: true });
const run = {
  title: 'K = 3',
  definitions,
  labels: found.labels!,
  scores: Object.fromEntries(
    Object.entries(found.scores).map(([name, values]) => [name, Array.from(values)]),
  ),
  separations: result.scores!,
};

test('curves of every score with its figure, and histograms, each a file that loads nothing', () => {
  const figures = runFigures(run);
  expect(figures.map(({ name }) => name)).toEqual(['roc.svg', 'precision-recall.svg', 'histograms.svg']);
  const names = ['rec', 'recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'];
  for (const [place, { svg }] of figures.entries()) {
    const { document } = parseHTML(svg);
    expect(document.querySelectorAll('svg > svg')).toHaveLength(names.length);
    expect(svg).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script|url\(/);
    if (place === 2) continue;
    const figure = (name: string) => (result.scores![name]![place === 0 ? 'auc' : 'ap'] * 100).toFixed(1);
    const titles = [...document.querySelectorAll('svg > text')].map((text) => text.textContent);
    expect(titles).toEqual(names.map((name) => `${name}: ${place === 0 ? 'AUC' : 'AP'} ${figure(name)} %`));
  }
});

test('none without scores', () => {
  expect(runFigures({ ...run, scores: {} })).toEqual([]);
});
