import { expect, test } from 'vitest';
import { datasetIndexSchema, datasetRecordSchema } from './dataset.ts';

const index = {
  format: 1,
  imageSize: 64,
  images: ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'],
  train: [0, 1],
  unlabeled: { labels: 'unknown', images: [2] },
  test: { labels: 'known', normal: [3], abnormal: [4] },
  validation: [],
  copies: [[0, 3]],
  synthetic: false,
};

const record = {
  name: 'brain',
  digest: 'd'.repeat(64),
  addedAt: '2026-10-01T12:00:00.000Z',
  counts: { train: 2, unlabeled: 1, test: 2, validation: 0, copies: 1 },
  synthetic: false,
};

test.each<[string, object]>([
  ['as the first version wrote it', index],
  ['without labels', { ...index, unlabeled: { labels: 'none' }, test: { labels: 'none' } }],
  [
    'with pathologies and patients',
    { ...index, pathologies: [{ name: 'tumour', images: [4] }], patients: [1, 1, null, 2, 3] },
  ],
  ['with masks of test images', { ...index, masks: { digest: 'e'.repeat(64), images: [4] } }],
  ['with fields of a later version', { ...index, spacing: [1, 1], test: { ...index.test, by: 'x' } }],
  [
    'without images',
    { ...index, images: [], train: [], copies: [], test: { labels: 'none' }, unlabeled: { labels: 'none' } },
  ],
])('an index %s is read', (_, value) => expect(datasetIndexSchema.safeParse(value).success).toBe(true));

test.each<[string, unknown, string[]]>([
  ['null', null, ['']],
  ['a list', [], ['']],
  ['another format', { ...index, format: 2 }, ['format']],
  ['no size', { ...index, imageSize: 0 }, ['imageSize']],
  ['no lists', { ...index, train: undefined, validation: undefined }, ['train', 'validation']],
  ['a position that is no number', { ...index, train: [0, '1'] }, ['train.1']],
  ['a broken position', { ...index, train: [0.5] }, ['train.0']],
  ['a negative position', { ...index, train: [-1] }, ['train.0']],
  ['labels of no kind', { ...index, test: { labels: 'some', normal: [], abnormal: [] } }, ['test.labels']],
  ['half a kind of labels', { ...index, test: { labels: 'known', normal: [3] } }, ['test.abnormal']],
  ['a group of one copy', { ...index, copies: [[0]] }, ['copies.0']],
  [
    'a pathology of no image',
    { ...index, pathologies: [{ name: 'x', images: [] }] },
    ['pathologies.0.images'],
  ],
  ['patient 0', { ...index, patients: [0, 1, 1, 1, 1] }, ['patients.0']],
  ['fewer patients than images', { ...index, patients: [1] }, ['patients']],
  [
    'positions that no image has, in every list',
    {
      ...index,
      train: [0, 5],
      unlabeled: { labels: 'known', normal: [5], abnormal: [6] },
      test: { labels: 'unknown', images: [9] },
      validation: [5],
      copies: [[0, 5]],
      pathologies: [{ name: 'x', images: [7] }],
      masks: { digest: 'e'.repeat(64), images: [8] },
    },
    [
      'train',
      'unlabeled.normal',
      'unlabeled.abnormal',
      'test.images',
      'validation',
      'copies.0',
      'pathologies.0.images',
      'masks.images',
    ],
  ],
])('an index with %s is refused, and the fault is named', (_, value, places) => {
  const parsed = datasetIndexSchema.safeParse(value);
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(places);
});

test('the place of an impossible position says what was expected and what came', () => {
  const parsed = datasetIndexSchema.safeParse({ ...index, validation: [7] });
  expect(parsed.error?.issues[0]?.message).toBe('expected positions below 5, the number of images, got 7');
});

test.each<[string, object]>([
  ['as the first version wrote it, without packings', record],
  ['with packings', { ...record, packings: [{ imageSize: 64, digest: record.digest }] }],
  ['with fields of a later version', { ...record, owner: 'x' }],
])('a record %s is read', (_, value) => expect(datasetRecordSchema.safeParse(value).success).toBe(true));

test.each<[string, unknown, string[]]>([
  ['null', null, ['']],
  ['a digest that is a path', { ...record, digest: '../../x' }, ['digest']],
  ['capitals in its digest', { ...record, digest: 'D'.repeat(64) }, ['digest']],
  ['a name that keys cannot carry', { ...record, name: '../x' }, ['name']],
  ['no packing', { ...record, packings: [] }, ['packings']],
  ['no time', { ...record, addedAt: 'yesterday' }, ['addedAt']],
  ['a missing count', { ...record, counts: { ...record.counts, test: undefined } }, ['counts.test']],
])('a record with %s is refused', (_, value, places) => {
  const parsed = datasetRecordSchema.safeParse(value);
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(places);
});
