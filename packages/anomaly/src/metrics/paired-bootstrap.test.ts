import { randomStream } from '@ddad/compute';
import { expect, test } from 'vitest';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { pairedBootstrap } from './paired-bootstrap.ts';
import { patientStrata } from './resample-images.ts';

function example(images: number, distinct: number) {
  const stream = randomStream(3, 'bootstrap', images);
  const labels = Array.from({ length: images }, (_, image) => (image % 3 === 0 ? 1 : 0));
  const first = labels.map((label) => stream.integer(0, distinct) + 0.3 * distinct * label);
  // Much of the first is in the second: what pairing is for.
  const second = first.map(
    (score, image) => score + 0.4 * stream.integer(0, distinct) + 0.2 * distinct * labels[image]!,
  );
  return { stream, labels, first, second };
}

test('gives the replicates of explicit resamples', () => {
  const { stream, labels, first, second } = example(40, 12);
  const drawn: number[] = [];
  const integer = (below: number) => {
    drawn.push(stream.integer(0, below - 1));
    return drawn.at(-1)!;
  };
  // With one resample the interval is that resample's difference.
  const [found] = pairedBootstrap(first, [second], labels, { resamples: 1, confidence: 0.95, integer });
  const places = [0, 1].map((label) => labels.flatMap((own, image) => (own === label ? [image] : [])));
  const normals = places[0]!.length;
  const images = drawn.map((draw, at) => (at < normals ? places[0]![draw]! : places[1]![draw]!));
  const pick = (values: readonly number[]) => images.map((image) => values[image]!);
  const [a, b, own] = [pick(first), pick(second), pick(labels)];
  expect(found!.auc.low).toBeCloseTo(auc(b, own) - auc(a, own), 12);
  expect(found!.auc.high).toBe(found!.auc.low);
  expect(found!.ap.low).toBeCloseTo(averagePrecision(b, own) - averagePrecision(a, own), 12);
  expect(found!.auc.value).toBeCloseTo(auc(second, labels) - auc(first, labels), 12);
  expect(found!.ap.value).toBeCloseTo(averagePrecision(second, labels) - averagePrecision(first, labels), 12);
});

test('is as wide as the DeLong interval of paired AUCs', () => {
  const { stream, labels, first, second } = example(600, 1e6);
  const [found] = pairedBootstrap(first, [second], labels, {
    resamples: 2000,
    confidence: 0.95,
    integer: (below) => stream.integer(0, below - 1),
  });
  // DeLong, DeLong and Clarke-Pearson 1988: the variance of a difference of AUCs from each image's placement value.
  const places = [0, 1].map((label) => labels.flatMap((own, image) => (own === label ? [image] : [])));
  const placements = (own: number[], others: number[], sign: number) =>
    own.map((image) => {
      const share = (scores: readonly number[]) =>
        others.filter((other) => sign * (scores[image]! - scores[other]!) > 0).length / others.length;
      return share(second) - share(first);
    });
  const variance = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  };
  const [normal, abnormal] = places as [number[], number[]];
  const deviation = Math.sqrt(
    variance(placements(abnormal, normal, 1)) / abnormal.length +
      variance(placements(normal, abnormal, -1)) / normal.length,
  );
  const width = (found!.auc.high - found!.auc.low) / (2 * 1.959964 * deviation);
  expect(width).toBeGreaterThan(0.92);
  expect(width).toBeLessThan(1.08);
  expect(found!.auc.low).toBeLessThan(found!.auc.value);
  expect(found!.auc.high).toBeGreaterThan(found!.auc.value);
});

test('finds no difference between a score and itself, in any order-keeping form', () => {
  const { stream, labels, first } = example(50, 9);
  const integer = (below: number) => stream.integer(0, below - 1);
  const same = pairedBootstrap(first, [first.map((score) => 3 * score + 1)], labels, {
    resamples: 50,
    confidence: 0.9,
    integer,
  });
  expect(same).toEqual([{ auc: { value: 0, low: 0, high: 0 }, ap: { value: 0, low: 0, high: 0 } }]);
});

test('refuses scores of other images', () => {
  const settings = { resamples: 1, confidence: 0.95, integer: () => 0 };
  expect(() => pairedBootstrap([1, 2], [[1, 2, 3]], [0, 1], settings)).toThrow('got 2 labels and 3 scores');
});

test('several scores meet the same resamples, each as if it were alone', () => {
  const { labels, first, second } = example(60, 9);
  const third = second.map((score, image) => score + (image % 4));
  const settings = () => {
    const { stream } = example(60, 9);
    return { resamples: 40, confidence: 0.9, integer: (below: number) => stream.integer(0, below - 1) };
  };
  const alone = (scores: number[]) => pairedBootstrap(first, [scores], labels, settings())[0];
  expect(pairedBootstrap(first, [second, third], labels, settings())).toEqual([alone(second), alone(third)]);
});

test('draws all images of a patient or none', () => {
  // One patient a class: every resample is the images themselves, so that the intervals are a point.
  const { labels, first, second, stream } = example(60, 9);
  const strata = patientStrata(labels, [...labels]);
  const settings = {
    resamples: 20,
    confidence: 0.9,
    integer: (below: number) => stream.integer(0, below - 1),
  };
  const [found] = pairedBootstrap(first, [second], labels, settings, strata);
  expect([found!.auc.low, found!.auc.high]).toEqual([found!.auc.value, found!.auc.value]);
});
