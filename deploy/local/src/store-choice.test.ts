import { expect, test } from 'vitest';
import { chooseStore, type StoreName } from './store-choice.ts';

const fresh = { last: null, withData: [], minioIsHere: false };

test('without data it is what the user wants, then what was used last, then what is there', () => {
  expect(chooseStore(fresh)).toBe('seaweedfs');
  expect(chooseStore({ ...fresh, minioIsHere: true })).toBe('minio');
  expect(chooseStore({ ...fresh, minioIsHere: true, last: 'seaweedfs' })).toBe('seaweedfs');
  expect(chooseStore({ ...fresh, last: 'minio' })).toBe('seaweedfs');
  expect(chooseStore({ ...fresh, wanted: 'minio' })).toBe('minio');
  expect(chooseStore({ ...fresh, wanted: 'seaweedfs', last: 'minio', minioIsHere: true })).toBe('seaweedfs');
});

test.each<[StoreName, StoreName]>([
  ['minio', 'seaweedfs'],
  ['seaweedfs', 'minio'],
])('data in %s stay there, whatever else is here, and %s is refused', (made, other) => {
  for (const last of [null, made, other]) {
    for (const minioIsHere of [true, false]) {
      const situation = { last, withData: [made], minioIsHere };
      expect(chooseStore(situation)).toBe(made);
      expect(chooseStore({ ...situation, wanted: made })).toBe(made);
      expect(() => chooseStore({ ...situation, wanted: other })).toThrow(
        `STORE: expected ${made}, which this cluster's data are in, got ${other}`,
      );
    }
  }
});

test('with data in both it is the one used last; where nobody knows, the user says it', () => {
  const both = { withData: ['minio', 'seaweedfs'] as const, minioIsHere: true };
  expect(chooseStore({ ...both, last: 'seaweedfs' })).toBe('seaweedfs');
  expect(() => chooseStore({ ...both, last: 'seaweedfs', wanted: 'minio' })).toThrow('expected seaweedfs');
  expect(chooseStore({ ...both, last: null, wanted: 'minio' })).toBe('minio');
  expect(() => chooseStore({ ...both, last: null })).toThrow(
    'STORE: expected minio or seaweedfs, as this cluster has data of both',
  );
});
