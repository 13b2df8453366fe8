import { expect, it } from 'vitest';
import { OutputNames } from './output-names.ts';

function drawn(...wanted: string[]): string[] {
  const names = new OutputNames();
  return wanted.map((name) => names.draw(name));
}

it('numbers what occurs again, and passes over what others are called', () => {
  expect(drawn('scan', 'scan', 'other', 'scan')).toEqual(['scan', 'scan-2', 'other', 'scan-3']);
  expect(drawn('scan-2', 'scan', 'scan')).toEqual(['scan-2', 'scan', 'scan-3']);
  expect(drawn('scan', 'scan', 'scan-2', 'scan-2', 'scan')).toEqual([
    'scan',
    'scan-2',
    'scan-2-2',
    'scan-2-3',
    'scan-3',
  ]);
});

it('takes names for equal that a file system may, by case or by how accents are written', () => {
  expect(drawn('Scan', 'scan', 'Müller', 'Mu\u0308ller')).toEqual([
    'Scan',
    'scan-2',
    'Müller',
    'Mu\u0308ller-2',
  ]);
});
