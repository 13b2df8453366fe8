import type { RunScores } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { anomalousRateFigure } from './anomalous-rate-figure.ts';
import { histogramFigure } from './histogram-figure.ts';

const definitions = methods.method('ddad').scores({ dataset: 'd', method: 'ddad', seed: 0, calibration: 0 });

const scores = (auc: number): RunScores => ({
  rec: { auc, ap: auc, aucMean: auc, aucStd: 0 },
  aInter: { auc: auc + 0.1, ap: auc },
});

const titlesOf = (document: ReturnType<typeof read>) =>
  [...document.querySelectorAll('text[font-weight]')].map(({ textContent }) => textContent);

/** A figure as a file: everything that it needs is in it. */
function read(svg: string) {
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
  const { document } = parseHTML(`<body>${svg}</body>`);
  const style = document.querySelector('style')!.textContent;
  for (const [, name] of svg.matchAll(/var\(--([\w-]+)\)/g)) expect(style).toContain(`--${name}: #`);
  return document;
}

test('Fig. 6 has a line of every score over the rates, in AUC and AP', () => {
  const runs = [1, 0, 0.5].map((rate) => ({ rate, scores: scores(0.5 + rate / 4) }));
  const document = read(anomalousRateFigure([{ title: 'K = 3', runs, definitions }]));
  for (const name of ['rec', 'aInter']) {
    const lines = [...document.querySelectorAll(`path[data-mark="${name}"]`)];
    expect(lines).toHaveLength(2);
    // Three points, from left to right, whatever order the runs come in.
    const xs = [...lines[0]!.getAttribute('d')!.matchAll(/[ML]([\d.]+),/g)].map(([, x]) => Number(x));
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(xs).toHaveLength(3);
  }
  expect(titlesOf(document)).toContain('AUC, K = 3');
});

test('the names at the ends of lines in Fig. 6 do not lie on each other', () => {
  // Both end at the same average precision.
  const svg = anomalousRateFigure([{ title: '', runs: [{ rate: 1, scores: scores(0.5) }], definitions }]);
  const labels = [...read(svg).querySelectorAll('text')].filter(({ textContent }) =>
    ['rec', 'aInter'].includes(textContent ?? ''),
  );
  expect(labels).toHaveLength(4);
  const down = (element: (typeof labels)[number]) =>
    Number(/,(-?[\d.]+)\)/.exec(element.getAttribute('transform') ?? '')?.[1] ?? 0);
  const heights = labels.map((label) => down(label) + down(label.parentElement as typeof label));
  expect(Math.abs(heights[2]! - heights[3]!)).toBeGreaterThanOrEqual(11);
});

test('Fig. 8 has a histogram of every score with its distance', () => {
  const labels = [0, 0, 1, 1] as const;
  const runs = [{ title: 'a < b', labels, scores: { rec: [0, 0, 1, 1], aInter: [0, 1, 0, 1] }, definitions }];
  const document = read(histogramFigure(runs));
  // Apart altogether; alike altogether: ½ Σ (a − b)² / (a + b) is 100 and 0.
  expect(titlesOf(document)).toContain('a < b, rec: χ² = 100.0');
  expect(titlesOf(document)).toContain('a < b, aInter: χ² = 0.0');
  expect(document.querySelectorAll('path[data-mark="abnormal"]')).toHaveLength(4);
});
