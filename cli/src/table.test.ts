import { expect, test } from 'vitest';
import { tableLines } from './table.ts';

test('columns are as wide as their widest cell, and stand on their side', () => {
  const columns = [{ heading: 'name' }, { heading: 'n', align: 'right' as const }];
  expect(
    tableLines(columns, [
      ['longer', '1'],
      ['a', '200'],
    ]),
  ).toEqual(['name      n', 'longer    1', 'a       200']);
});

test('half a million rows have a table', () => {
  const rows = Array.from({ length: 500_000 }, (_, i) => [String(i)]);
  const lines = tableLines([{ heading: 'image', align: 'right' }], rows);
  expect(lines).toHaveLength(500_001);
  expect(lines.at(-1)).toBe('499999');
});
