import { expect, test } from 'vitest';
import { readPathologies } from '../pathologies.ts';
import { listedImages } from '../repartition.ts';
import { kindPathologies } from './kind-pathologies.ts';
import { dataJsonOf, type FolderLayout, type Kind, labelsCsvOf } from './layout.ts';

/** Each of one image below some folder, unless they are given. */
const kindsOf = (...kinds: (string | Kind)[]): Kind[] =>
  kinds.map((kind) => (typeof kind === 'string' ? { name: kind, images: [`test/${kind}/a.png`] } : kind));
const layoutOf = (abnormal: Kind[]): FolderLayout => ({
  title: 'folders',
  normal: ['normal/a.png'],
  splits: true,
  unlabeled: [],
  test: { normal: [], abnormal },
  validation: [],
  leftOut: new Map(),
});
const read = (...kinds: (string | Kind)[]) => {
  const layout = layoutOf(kindsOf(...kinds));
  const images = listedImages(dataJsonOf(layout));
  return { ...kindPathologies(kindsOf(...kinds), images), images, csv: labelsCsvOf(layout)! };
};
const faultsOf = (...kinds: (string | Kind)[]) =>
  read(...kinds).faults.map(({ path, message }) => `${path}: ${message}`);

test('folders say what the labels.csv says that is written for them', () => {
  const { images, csv, ...found } = read(
    'tumour, "grade" 4',
    'cyst',
    { name: 'cyst', images: ['b/cyst/1.png', 'b/cyst/2.png'] },
    ' edge ',
    { name: 'masked', images: [] },
  );
  expect(found).toEqual(readPathologies(csv, 'labels.csv', images));
  expect(found.pathologies.map(({ name, images: { length } }) => [name, length])).toEqual([
    ['cyst', 3],
    ['edge', 1],
    ['tumour, "grade" 4', 1],
  ]);
});

test('a folder whose name is no pathology is a fault, once for all of its images', () => {
  const images = ['test/a;b/1.png', 'test/a;b/2.png'];
  const remedy = '(a labels.csv says what images show in place of folders)';
  expect(faultsOf({ name: 'a;b', images }, 'Cyst', 'cyst', ' ', 'p'.repeat(81))).toEqual([
    `test/a;b/: expected a name of a pathology, without ";", got "a;b" ${remedy}`,
    `test/cyst/: expected one spelling of a pathology, got "cyst", and "Cyst" of test/Cyst/ ${remedy}`,
    `test/ /: expected a name of a pathology, got spaces alone ${remedy}`,
    `test/${'p'.repeat(81)}/: expected a name of a pathology, of at most 80 characters, got 81 ${remedy}`,
  ]);
});

test('more folders than there may be pathologies are named', () => {
  const patients = Array.from({ length: 101 }, (_, i) => `patient${i}`);
  expect(faultsOf(...patients.slice(1))).toEqual([]);
  expect(faultsOf(...patients)).toEqual([
    'folders of abnormal images: expected at most 100 names of pathologies, got 101: "test/patient0/", ' +
      '"test/patient1/", "test/patient2/", "test/patient3/", "test/patient4/", "test/patient5/", "test/patient6/", ' +
      '"test/patient7/" and 93 more (a labels.csv says what images show in place of folders)',
  ]);
});
