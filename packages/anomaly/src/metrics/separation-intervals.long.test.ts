import { execFileSync } from 'node:child_process';
import { randomStream } from '@ddad/compute';
import { expect, test } from 'vitest';
import { drawWeights, imageStrata, patientStrata, type Stratum } from './resample-images.ts';
import { SeparationBootstrap } from './separation-intervals.ts';

const python = process.env.DDAD_TEST_PYTHON;

/** Figures of each resample by scikit-learn, of the images as they were drawn; and percentiles of them by numpy. */
const script = `
import json, sys
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
def figures(labels, scores):
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    at = lambda values, allowed: float(values[allowed].max())
    return [roc_auc_score(labels, scores), average_precision_score(labels, scores),
            at(tpr, fpr <= 0.1 + 1e-12), at(tpr, fpr <= 0.05 + 1e-12),
            at(1 - fpr, tpr >= 0.9 - 1e-12), at(1 - fpr, tpr >= 0.95 - 1e-12)]
answers = []
for case in json.load(sys.stdin):
    labels, scores = np.array(case["labels"]), np.array(case["scores"])
    found = np.array([figures(labels[images], scores[images]) for images in case["resamples"]])
    ends = np.percentile(found, [2.5, 97.5], axis=0, method="nearest")
    answers.append({"value": figures(labels, scores), "low": ends[0].tolist(), "high": ends[1].tolist()})
print(json.dumps(answers))
`;

interface Case {
  labels: number[];
  scores: number[];
  strata: Stratum[];
}

/** Overlapping scores of so many distinct values; by image, or by patients of one to four images. */
function exampleOf(what: string, images: number, distinct: number, byPatient: boolean): Case {
  const stream = randomStream(5, what);
  const labels = Array.from({ length: images }, (_, image) => (image % 3 === 0 ? 1 : 0));
  const scores = labels.map((label) => stream.integer(0, distinct) + 0.35 * distinct * label);
  // Some patients have images of one class, some of both; of every tenth image nobody knows whose it is.
  const patients = labels.map((label, image) =>
    image % 10 === 9
      ? null
      : image % 2 === 0
        ? Math.floor(image / 7)
        : 100 + 2 * Math.floor(image / 9) + label,
  );
  return { labels, scores, strata: byPatient ? patientStrata(labels, patients) : imageStrata(labels) };
}

/** Images of each resample, as often as they were drawn. */
function drawn({ labels, strata }: Case, resamples: number, integer: (below: number) => number): number[][] {
  const weights = new Uint32Array(labels.length);
  return Array.from({ length: resamples }, () => {
    drawWeights(strata, integer, weights);
    return [...weights].flatMap((weight, image) => Array<number>(weight).fill(image));
  });
}

test('equals scikit-learn on the very resamples, their percentiles numpy, by image and by patient', () => {
  if (python === undefined)
    throw new Error('expected DDAD_TEST_PYTHON, a Python with numpy and scikit-learn: run `make test`');
  const resamples = 201;
  const cases = [
    exampleOf('continuous', 60, 1e6, false),
    exampleOf('tied', 47, 6, false),
    exampleOf('patients', 80, 1e6, true),
    exampleOf('tied patients', 61, 5, true),
  ];
  const drawsOf = (place: number) => {
    const stream = randomStream(place, 'draws');
    return (below: number) => stream.integer(0, below - 1);
  };
  const input = cases.map((one, place) => ({ ...one, resamples: drawn(one, resamples, drawsOf(place)) }));
  const answer = execFileSync(python, ['-c', script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    timeout: 120_000,
  });
  const reference = JSON.parse(answer) as { value: number[]; low: number[]; high: number[] }[];
  for (const [place, { labels, scores, strata }] of cases.entries()) {
    const { value, low, high } = reference[place]!;
    const bootstrap = new SeparationBootstrap([['one', scores]], labels, strata, {
      resamples,
      confidence: 0.95,
      integer: drawsOf(place),
    });
    bootstrap.draw(150);
    bootstrap.draw(150);
    const found = bootstrap.intervals().get('one')!;
    const rates = [...found.sensitivityAt, ...found.specificityAt];
    expect(rates.map(({ at }) => at)).toEqual([0.9, 0.95, 0.9, 0.95]);
    for (const [figure, rate] of rates.entries())
      expect(rate.value, `case ${place}, rate ${figure}`).toBeCloseTo(value[2 + figure]!, 9);
    for (const [figure, own] of [found.aucInterval, found.apInterval, ...rates].entries()) {
      expect(own.low, `case ${place}, low end ${figure}`).toBeCloseTo(low[figure]!, 9);
      expect(own.high, `case ${place}, high end ${figure}`).toBeCloseTo(high[figure]!, 9);
    }
  }
}, 150_000);
