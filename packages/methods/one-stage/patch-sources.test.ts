import { expect, it } from 'vitest';
import { patchSources } from './patch-sources.ts';

it('takes every image once a round, never an image for itself', () => {
  const [pool, normals] = [13, 10];
  const destination = (draw: number) => (draw * 7) % normals;
  const sourceOf = patchSources({ pool, seed: 3, destination });
  const rounds = Array.from({ length: 40 }, (_, round) =>
    Array.from({ length: pool }, (_, place) => sourceOf(round * pool + place)),
  );
  for (const [round, sources] of rounds.entries()) {
    expect(sources.toSorted((a, b) => a - b)).toEqual(Array.from({ length: pool }, (_, i) => i));
    for (const [place, source] of sources.entries())
      expect(source).not.toBe(destination(round * pool + place));
  }
  expect(rounds[0]).not.toEqual(rounds[1]);
  // In whichever order they are asked for.
  expect(sourceOf(5)).toBe(rounds[0]![5]);
  expect(patchSources({ pool, seed: 4, destination })(5 * pool)).toBeTypeOf('number');
  const other = patchSources({ pool, seed: 4, destination });
  expect(Array.from({ length: pool }, (_, i) => other(i))).not.toEqual(rounds[0]);
});

it('finds another image where there are two', () => {
  const sourceOf = patchSources({ pool: 2, seed: 1, destination: () => 0 });
  expect(Array.from({ length: 10 }, (_, draw) => sourceOf(draw))).toEqual(new Array(10).fill(1));
  expect(() => patchSources({ pool: 1, seed: 1, destination: () => 0 })).toThrow('at least 2 images, got 1');
});
