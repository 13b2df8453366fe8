import { type DatasetIndex, textCell } from '@ddad/contract';
import { csvParseRows } from 'd3-dsv';
import { expect, test } from 'vitest';
import { scoresCsv } from './scores-csv.ts';

/** Beginnings that spreadsheets compute, and what they would do. */
const dangerous = ['=HYPERLINK("http://x")', '+1+1', '-2+3', '@SUM(1)', '\t=1', '\r=1'];

test('no cell is a formula: names of images and pathologies are whoever’s who made the files', () => {
  const images = [...dangerous.map((text) => `${text}.png`), 'plain.png', 'a=b.png'];
  const index = {
    images,
    pathologies: dangerous.map((name, i) => ({ name, images: [i] })),
  } as unknown as DatasetIndex;
  const positions = images.map((_, i) => i);
  const csv = scoresCsv(
    index,
    positions,
    positions.map(() => 1),
    ['rec'],
    { rec: positions.map(() => -0.5) },
  );
  const [header, ...rows] = csvParseRows(csv);
  expect(header).toEqual(['image', 'label', 'rec', 'pathology']);
  for (const [i, text] of dangerous.entries()) {
    expect(rows[i]).toEqual([`'${text}.png`, '1', '-0.5', `'${text}`]);
  }
  expect(rows.slice(dangerous.length).map(([image]) => image)).toEqual(['plain.png', 'a=b.png']);
  expect(textCell('')).toBe('');
});
