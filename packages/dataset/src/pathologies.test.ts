import { describe, expect, test } from 'vitest';
import { readPathologies } from './pathologies.ts';
import { parseRepartition } from './repartition.ts';

const { images } = parseRepartition(
  JSON.stringify({
    train: { '0': ['n0', 'n1'], unlabeled: { '0': ['u0'], '1': ['u1', 'u2'] } },
    test: { '0': ['t0'], '1': ['t1', 'a "b", c'] },
    validation: { '0': ['v0'] },
  }),
);
const read = (text: string) => readPathologies(text, 'labels.csv', images);
const faultsOf = (text: string) => read(text).faults.map(({ path, message }) => `${path}: ${message}`);

describe('labels.csv', () => {
  test('an image may show several pathologies; both are sorted', () => {
    const { pathologies, faults } = read('image,pathology\nt1,nodule\nu2,effusion\nu1,nodule\nt1,effusion\n');
    expect(faults).toEqual([]);
    // Order of data.json: n0 n1 u0 u1 u2 t0 t1.
    expect(pathologies).toEqual([
      { name: 'effusion', images: [4, 6] },
      { name: 'nodule', images: [3, 6] },
    ]);
  });

  test('takes quotes, a byte order mark, Windows line ends, spaces round cells and empty lines', () => {
    const { pathologies, faults } = read(
      '\uFEFFimage , pathology\r\n\r\n"a ""b"", c", nodule/mass \r\n\r\nt1,"pleural, thick"\r\n',
    );
    expect(faults).toEqual([]);
    expect(pathologies).toEqual([
      { name: 'nodule/mass', images: [7] },
      { name: 'pleural, thick', images: [6] },
    ]);
  });

  test('images of a flat list may show something', () => {
    const flat = parseRepartition(JSON.stringify({ train: { '0': ['a'], unlabeled: ['b'] }, test: ['c'] }));
    const { pathologies, faults } = readPathologies('image,pathology\nb,x\nc,x', 'labels.csv', flat.images);
    expect(faults).toEqual([]);
    expect(pathologies).toEqual([{ name: 'x', images: [1, 2] }]);
  });

  test('lists every fault at once, by line', () => {
    const lines = ['image,pathology', 't1,nodule', 'who,nodule', 't1,', ',nodule', 'u1', 'n0,nodule', 'u0,x'];
    lines.push('v0,x', 't0,x', 't1,nodule', 'u1,Nodule', 'u1,a;b', `u1,${'p'.repeat(81)}`);
    const found = faultsOf(lines.join('\n'));
    expect(found).toHaveLength(12);
    for (const fault of [
      'labels.csv line 3: expected an image that data.json lists, got "who"',
      'labels.csv line 4: expected an image and a pathology, got an empty cell',
      'labels.csv line 5: expected an image and a pathology, got an empty cell',
      'labels.csv line 6: expected 2 cells, as the header has, got 1',
      'labels.csv line 7: expected a pathology of an abnormal image, got "nodule" of "n0", which is normal (train.0)',
      'labels.csv line 8: expected a pathology of an abnormal image, got "x" of "u0", which is normal (train.unlabeled.0)',
      'labels.csv line 9: expected a pathology of an abnormal image, got "x" of "v0", which is normal (validation.0)',
      'labels.csv line 10: expected a pathology of an abnormal image, got "x" of "t0", which is normal (test.0)',
      'labels.csv line 11: expected every line once, got that of line 2 again',
      'labels.csv line 12: expected one spelling, got "Nodule", and "nodule" at line 2',
      'labels.csv line 13: expected a name without ";" (one line a pathology), got "a;b"',
      'labels.csv line 14: expected a name of at most 80 characters, got 81',
    ])
      expect(found).toContain(fault);
  });

  test('counts lines where a cell holds line breaks', () => {
    expect(faultsOf('image,pathology\n"two\nlines",x\nwho,x')).toEqual([
      'labels.csv line 2: expected an image that data.json lists, got "two\\nlines"',
      'labels.csv line 4: expected an image that data.json lists, got "who"',
    ]);
  });

  test.each([
    ['', 'labels.csv: expected the header image,pathology, got nothing'],
    [
      't1,nodule\n',
      'labels.csv line 1: expected the header image,pathology, with further columns or none, got "t1,nodule"',
    ],
    [
      'image,label\nx,y\n',
      'labels.csv line 1: expected the header image,pathology, with further columns or none, got "image,label"',
    ],
    [
      'image;pathology\n',
      'labels.csv line 1: expected the header image,pathology, with further columns or none, got "image;pathology"',
    ],
  ])('wants its header: %j', (text, fault) => expect(faultsOf(text)).toEqual([fault]));

  test('refuses more kinds than a result can carry', () => {
    const lines = Array.from({ length: 101 }, (_, kind) => `t1,kind ${kind}`);
    expect(faultsOf(['image,pathology', ...lines].join('\n'))).toEqual([
      'labels.csv: expected at most 100 different pathologies, got 101',
    ]);
  });
});
