import { describe, expect, test } from 'vitest';
import { patientNumbers, patientsOfFiles, readPatients } from './patients.ts';
import { parseRepartition } from './repartition.ts';

const { images } = parseRepartition(
  JSON.stringify({
    train: { '0': ['n0', 'n1'], unlabeled: ['u0'] },
    test: { '0': ['t0'], '1': ['t1'] },
    validation: { '0': ['v0'] },
  }),
);
const read = (lines: string[]) =>
  readPatients(['image,patient', ...lines].join('\n'), 'patients.csv', images);
const faultsOf = (lines: string[]) => read(lines).faults.map(({ path, message }) => `${path}: ${message}`);
const apart = ['n0,P1', 'n1,P1', 'u0,P2', 't0,P3', 't1,P3', 'v0,P4'];

describe('patients.csv', () => {
  test('a patient may have several images of one part', () => {
    const { patients, faults } = read(apart);
    expect(faults).toEqual([]);
    expect(patients).toEqual(['P1', 'P1', 'P2', 'P3', 'P3', 'P4']);
  });

  test('names every patient that is in more than one part, with lines and parts', () => {
    expect(faultsOf(['n0,P1', 'n1,P2', 'u0,P1', 't0,P2', 't1,P1', 'v0,P2'])).toEqual([
      'patients.csv: expected every patient in one part, got patient "P1" in train (line 2) and unlabeled (line 4) and test (line 6)',
      'patients.csv: expected every patient in one part, got patient "P2" in train (line 3) and test (line 5) and validation (line 7)',
    ]);
  });

  test('wants one line for every image', () => {
    expect(faultsOf(apart.slice(0, 3))).toEqual([
      'patients.csv: expected a line for every image that data.json lists, got none for "t0", "t1", "v0"',
    ]);
    expect(faultsOf([...apart, 'n1,P9', 'gone,P1', 't0,'])).toEqual([
      'patients.csv line 9: expected an image that data.json lists, got "gone"',
      'patients.csv line 10: expected an image and a patient, got an empty cell',
      'patients.csv line 8: expected every image once, got "n1" again, as at line 3',
    ]);
  });
});

test('what is kept of patients are numbers in the order of the images', () => {
  expect(patientNumbers(['Jane', null, 'Joe', 'Jane', 'Zoe', null])).toEqual([1, null, 2, 1, 3, null]);
  expect(patientNumbers(['Zoe', null, 'Jane', 'Zoe', 'Joe', null])).toEqual([1, null, 2, 1, 3, null]);
});

test('of patients that files name, the images are named and nothing that the files say', () => {
  const [fault, ...more] = patientsOfFiles(['Jane', null, 'Jane', null, null, 'Joe'], images);
  expect(more).toEqual([]);
  expect(fault!.message).toBe(
    "expected every patient in one part, got one patient (by DICOM's PatientID, where it is empty by the study or series, " +
      'or one volume; a patients.csv overrules it) in train ("n0") and unlabeled ("u0")',
  );
});
