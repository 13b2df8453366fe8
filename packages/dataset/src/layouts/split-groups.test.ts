import { expect, test } from 'vitest';
import { chooseTest, type SplitImage } from './split-groups.ts';

const normal = (...ties: string[]): SplitImage => ({ normal: true, ties });
const abnormal = (...ties: string[]): SplitImage => ({ normal: false, ties });
const hundred = Array.from({ length: 100 }, (_, i) => normal(`image ${i}`));

test('takes the share, equally for equal seeds', () => {
  const chosen = chooseTest(hundred, { share: 0.2, seed: 1 });
  expect(chosen.filter(Boolean)).toHaveLength(20);
  expect(chooseTest(hundred, { share: 0.2, seed: 1 })).toEqual(chosen);
  expect(chooseTest(hundred, { share: 0.2, seed: 2 })).not.toEqual(chosen);
});

test('patients and copies stay together, through any chain', () => {
  // 20 patients of 5 images each, two of whom share a copy.
  const images = hundred.map((_image, i) =>
    normal(`patient ${Math.floor(i / 5)}`, i === 4 || i === 5 ? 'copy' : `${i}`),
  );
  const chosen = chooseTest(images, { share: 0.3, seed: 3 });
  for (let patient = 0; patient < 20; patient++) {
    expect(new Set(chosen.slice(5 * patient, 5 * patient + 5)).size).toBe(1);
  }
  expect(chosen[4]).toBe(chosen[5]);
});

test('normal images of a patient with an abnormal one are test images, and count', () => {
  const images = [normal('a'), abnormal('a'), ...hundred.slice(0, 9)];
  const chosen = chooseTest(images, { share: 0.2, seed: 0 });
  expect(chosen.slice(0, 2)).toEqual([true, true]);
  // 2 of 10 normal images: that one and one more.
  expect(chosen.slice(2).filter(Boolean)).toHaveLength(1);
});

test('one group stays in training, whatever the share', () => {
  expect(chooseTest(hundred, { share: 1, seed: 0 }).filter(Boolean)).toHaveLength(99);
});
