import { expect, test } from 'vitest';
import { readScoresCsv } from './scores-csv.ts';

test('reads names with quotes, commas and line breaks, missing labels and scores', () => {
  const text = [
    'image,label,near,far,fused',
    'plain.png,0,0.125,,1e-7',
    '"a,b ""c""\nd.png",1,1,2,3',
    'unknown.png,,1,2,3',
    '',
  ].join('\n');
  const all = { near: 1, far: 2, fused: 3 };
  expect(readScoresCsv(text)).toEqual([
    { image: 'plain.png', label: 0, scores: { near: 0.125, fused: 1e-7 } },
    { image: 'a,b "c"\nd.png', label: 1, scores: all },
    { image: 'unknown.png', label: null, scores: all },
  ]);
});

test('says what is wrong with another file, without the names in it', () => {
  expect(() => readScoresCsv('a,b\n1,2\n')).toThrow('expected columns image and label first, got a, b');
  expect(() => readScoresCsv('image,label,near\nsecret.png,7,1\n')).toThrow(
    'scores.csv, image 1: expected label 0, 1 or none, got 7',
  );
});

test('takes names that are kept from being computed for what they are', () => {
  const images = readScoresCsv("image,label,rec\n'=a.png,1,0.5\n'quoted.png,0,0.25\n-b.png,0,0.125\n");
  expect(images.map(({ image }) => image)).toEqual(['=a.png', "'quoted.png", '-b.png']);
});
