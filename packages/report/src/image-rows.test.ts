import { conformalPValues } from '@ddad/anomaly';
import { expect, test } from 'vitest';
import { decodeFloats, encodeFloats } from './float-text.ts';
import {
  filteredRows,
  type ImageTable,
  pValueOf,
  type RowFilter,
  sortRows,
  verdictOf,
} from './image-rows.ts';

const table: ImageTable = {
  labels: [0, 0, 1, 1, 1],
  names: null,
  pathologies: ['', '', 'cyst', 'cyst; large mass', 'mass'],
  scores: { near: Float32Array.of(0.1, 0.6, 0.5, 0.9, 0.2), far: Float32Array.of(5, 4, 3, 2, 1) },
  heldOut: { near: Float32Array.of(0.1, 0.2, 0.2, 0.6) },
};
const named = { ...table, names: ['b10.png', 'b9.png', 'A.png', 'c.png', 'd 12.png'] };
const threshold = { score: 'near', value: Math.fround(0.5) };
const all: RowFilter = { search: '', label: '', pathology: '', verdict: '', among: null };

test('what scores as high as the threshold or higher is called abnormal', () => {
  const verdicts = (of: ImageTable) =>
    [...of.scores.near!.keys()].map((place) => verdictOf(of, threshold, place));
  expect(verdicts(table)).toEqual(['right', 'false alarm', 'hit', 'hit', 'miss']);
  expect(verdicts({ ...table, labels: null })).toEqual(['below', 'above', 'above', 'above', 'below']);
  expect(verdictOf(table, null, 0)).toBeNull();
});

test('p-values are those of scores.csv', () => {
  const expected = conformalPValues(table.heldOut.near!, table.scores.near!);
  expect([...table.scores.near!.keys()].map((place) => pValueOf(table, 'near', place))).toEqual(expected);
  // By hand: 0.6 and higher has one of four, and itself.
  expect(pValueOf(table, 'near', 1)).toBe(2 / 5);
  expect(pValueOf(table, 'far', 1)).toBeNull();
});

test('rows are chosen by all that is asked for together', () => {
  const chosen = (filter: Partial<RowFilter>, of = table) =>
    filteredRows(of, threshold, { ...all, ...filter });
  expect(chosen({})).toEqual([0, 1, 2, 3, 4]);
  expect(chosen({ label: '1' })).toEqual([2, 3, 4]);
  expect(chosen({ pathology: 'cyst' })).toEqual([2, 3]);
  // A pathology whose name holds another one's is not that one.
  expect(chosen({ pathology: 'mass' })).toEqual([4]);
  expect(chosen({ verdict: 'hit', pathology: 'large mass' })).toEqual([3]);
  expect(chosen({ verdict: 'miss', label: '0' })).toEqual([]);
  expect(chosen({ among: new Set([1, 4]) })).toEqual([1, 4]);
});

test('the search is for the beginning of a number, and for any part of a name where there are names', () => {
  const found = (search: string, of = table) => filteredRows(of, threshold, { ...all, search });
  expect(found('2')).toEqual([1]);
  expect(found(' 2 ')).toEqual([1]);
  expect(found('png')).toEqual([]);
  expect(found('1', named)).toEqual([0, 4]);
  expect(found('a.PNG', named)).toEqual([2]);
});

test('rows are sorted by any column, either way, equal ones by their number', () => {
  const sorted = (column: Parameters<typeof sortRows>[3]['column'], falling = false, of = table) => {
    const rows = [4, 3, 2, 1, 0];
    sortRows(of, threshold, rows, { column, falling, score: 'near' });
    return rows;
  };
  expect(sorted('image')).toEqual([0, 1, 2, 3, 4]);
  // As people count: b9 before b10; case does not matter.
  expect(sorted('image', false, named)).toEqual([2, 1, 0, 3, 4]);
  expect(sorted('score:near', true)).toEqual([3, 1, 2, 4, 0]);
  expect(sorted('score:far')).toEqual([4, 3, 2, 1, 0]);
  expect(sorted('label', true)).toEqual([2, 3, 4, 0, 1]);
  expect(sorted('verdict')).toEqual([1, 2, 3, 4, 0]);
  // Both 0.6 and 0.9 are at 2/5 and 1/5; 0.1 is the commonest.
  expect(sorted('p')).toEqual([3, 1, 2, 4, 0]);
  expect(sorted('pathology')).toEqual([0, 1, 2, 3, 4]);
});

test('floats come back from their text as they were', () => {
  const values = Float32Array.of(0, -0, 0.1, 1e-40, -3.4e38, 12345.678);
  expect(decodeFloats(encodeFloats(values))).toEqual(values);
  // Four bytes each, the lowest first: 1 is 0x3f800000.
  expect(encodeFloats([1])).toBe(Buffer.from([0, 0, 0x80, 0x3f]).toString('base64'));
});
