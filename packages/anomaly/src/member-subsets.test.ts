import { expect, test } from 'vitest';
import { memberSubsets } from './member-subsets.ts';

/** Reproducible whole numbers; a linear congruential generator is random enough here. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('gives all subsets in order where they are few', () => {
  const refuse = () => expect.fail('drew');
  expect(memberSubsets(4, 2, 6, refuse)).toEqual([
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ]);
  expect(memberSubsets(3, 3, 100, refuse)).toEqual([[0, 1, 2]]);
  expect(memberSubsets(3, 1, 100, refuse)).toEqual([[0], [1], [2]]);
  // 7 over 3
  expect(memberSubsets(7, 3, 100, refuse)).toHaveLength(35);
});

test('draws distinct subsets where there are more, the same for the same numbers', () => {
  // 15 over 2 is 105: nearly all of them have to be found.
  for (const [members, size] of [
    [15, 2],
    [15, 13],
    [15, 7],
    [64, 32],
  ] as const) {
    const subsets = memberSubsets(members, size, 100, numbers(1));
    expect(new Set(subsets.map(String)).size).toBe(100);
    for (const subset of subsets) {
      expect(new Set(subset).size).toBe(size);
      expect(subset).toEqual([...subset].sort((a, b) => a - b));
      expect(Math.min(...subset)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...subset)).toBeLessThan(members);
    }
    expect(memberSubsets(members, size, 100, numbers(1))).toEqual(subsets);
    expect(memberSubsets(members, size, 100, numbers(2))).not.toEqual(subsets);
  }
});

test('draws every member as often as any other', () => {
  // 400 of the 6435 subsets of 7 of 15: each member is in 7/15 of them, give or take sqrt(400 * 7/15 * 8/15) = 10.
  const subsets = memberSubsets(15, 7, 400, numbers(3));
  for (let member = 0; member < 15; member += 1) {
    const count = subsets.filter((subset) => subset.includes(member)).length;
    expect(Math.abs(count - (400 * 7) / 15)).toBeLessThan(45);
  }
});

test('refuses sizes that there are not', () => {
  const refuse = () => expect.fail('drew');
  expect(() => memberSubsets(3, 4, 100, refuse)).toThrow('size: expected an integer from 1 to 3, got 4');
  expect(() => memberSubsets(3, 0, 100, refuse)).toThrow(RangeError);
});
