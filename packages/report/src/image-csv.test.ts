import { auc, averagePrecision } from '@ddad/anomaly';
import { expect, test } from 'vitest';
import { curvesCsv, imagesCsv } from './image-csv.ts';

const scores = { near: Float32Array.of(0.1, 0.5, 0.5, 0.75), far: Float32Array.of(4, 3, 2, 1) };
const labels = [0, 1, 0, 1] as const;

test('scores.csv has numbers for names, and else the cells of the run’s own', () => {
  const table = {
    labels,
    names: ['a.png', 'b.png', 'c.png', 'd.png'],
    pathologies: ['', '=cyst; "odd", mass', '', ''],
    scores,
    heldOut: { near: Float32Array.of(0.25) },
  };
  expect(imagesCsv(table)).toBe(
    [
      'image,label,near,far,p_near,pathology',
      // Digits of the nearest double, as scores.csv has them of 32-bit floats.
      '1,0,0.10000000149011612,4,1,',
      `2,1,0.5,3,0.5,"'=cyst; ""odd"", mass"`,
      '3,0,0.5,2,0.5,',
      '4,1,0.75,1,0.5,',
      '',
    ].join('\n'),
  );
  expect(imagesCsv({ ...table, labels: null, heldOut: {}, pathologies: ['', '', '', ''] })).toMatch(
    /^image,label,near,far\n1,,0\.1/,
  );
});

test('points of the curves have the areas of the scores', () => {
  const [header, ...lines] = curvesCsv(scores, labels).trimEnd().split('\n');
  expect(header).toBe('score,threshold,false_positive_rate,true_positive_rate,recall,precision');
  expect(lines.slice(0, 3)).toEqual([
    'near,0.75,0,0.5,0.5,1',
    // A tie of one image of each class.
    'near,0.5,0.5,1,1,0.6666666666666666',
    'near,0.10000000149011612,1,1,1,0.5',
  ]);
  for (const [name, values] of Object.entries(scores)) {
    const points = lines
      .map((line) => line.split(','))
      .filter(([score]) => score === name)
      .map(([, ...numbers]) => numbers.map(Number));
    let [area, precision, before] = [0, 0, [0, 0]];
    for (const [, fpr = 0, tpr = 0, , own = 0] of points) {
      area += ((fpr - before[0]!) * (tpr + before[1]!)) / 2;
      precision += (tpr - before[1]!) * own;
      before = [fpr, tpr];
    }
    expect(area).toBeCloseTo(auc(values, labels), 12);
    expect(precision).toBeCloseTo(averagePrecision(values, labels), 12);
  }
});
