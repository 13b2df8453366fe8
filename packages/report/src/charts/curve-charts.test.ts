import { precisionRecallCurve, rocCurve } from '@ddad/anomaly';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import type { Html } from '../html.ts';
import { precisionRecallChart, rocChart } from './curve-charts.ts';

/** A score of so many images that tells some of them. */
function drawn(count: number) {
  const labels = Array.from({ length: count }, (_, image): 0 | 1 => (image % 2 === 0 ? 1 : 0));
  const scores = labels.map((label, image) => ((image * 7919) % count) + (label * count) / 3);
  const look = { name: 'rDual', colour: 'red', dashes: null };
  return { labels, scores, line: [{ look, scores, width: 2, hidden: false }] };
}

/** The line's commands: one a corner, two a step. */
function drawnBy({ text }: Html): string {
  const { document } = parseHTML(`<body>${text}</body>`);
  return document.querySelector('path[data-mark="rDual"]')!.getAttribute('d')!;
}

test('of a few images every corner is drawn', () => {
  const { labels, scores, line } = drawn(400);
  const roc = drawnBy(rocChart(line, labels));
  expect(roc.match(/[ML]/g)).toHaveLength(rocCurve(scores, labels).length);
  const steps = drawnBy(precisionRecallChart(line, labels));
  expect(steps.match(/[ML]/g)).toHaveLength(1 + 2 * precisionRecallCurve(scores, labels).length);
});

test('of 25,000 images no more corners than can be seen', () => {
  const { labels, scores, line } = drawn(25_000);
  expect(rocCurve(scores, labels).length).toBeGreaterThan(10_000);
  // All of them take 221 and 305 kB.
  expect(drawnBy(rocChart(line, labels)).length).toBeLessThan(50_000);
  expect(drawnBy(precisionRecallChart(line, labels)).length).toBeLessThan(50_000);
});
