import { expect, test } from 'vitest';
import { readScoresCsv } from './scores-csv.ts';

test('reads names with quotes, commas and line breaks, missing labels and scores', () => {
  const text = [
    'image,label,rec,recEnsemble,aIntra,aInter,rIntra,rDual',
    'plain.png,0,0.125,0.5,0.25,,1e-7,',
    '"a,b ""c""\nd.png",1,1,2,3,4,5,6',
    'unknown.png,,1,2,3,4,5,6',
    '',
  ].join('\n');
  const all = { rec: 1, recEnsemble: 2, aIntra: 3, aInter: 4, rIntra: 5, rDual: 6 };
  expect(readScoresCsv(text)).toEqual([
    { image: 'plain.png', label: 0, scores: { rec: 0.125, recEnsemble: 0.5, aIntra: 0.25, rIntra: 1e-7 } },
    { image: 'a,b "c"\nd.png', label: 1, scores: all },
    { image: 'unknown.png', label: null, scores: all },
  ]);
});

test('says what is wrong with another file, without the names in it', () => {
  expect(() => readScoresCsv('a,b\n1,2\n')).toThrow('expected columns image and label first, got a, b');
  expect(() => readScoresCsv('image,label,rec\nsecret.png,7,1\n')).toThrow(
    'scores.csv, image 1: expected label 0, 1 or none, got 7',
  );
});
