import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BlockStore } from './block-store.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-blocks-'));
});
afterAll(() => rm(directory, { recursive: true }));

const blockLength = 6;
const blockBytes = 24;

/** Reads two values of each block, three times over, in an order that goes back and forth. */
function readAll(mostBytes: number) {
  const store = new BlockStore({ blockLength, directory, mostBytes });
  const made: number[] = [];
  let most = 0;
  const values: number[][] = [];
  for (const number of [4, 0, 3, 1, 2, 0, 4, 3, 2, 1, 1, 4, 0, 2, 3]) {
    const target = new Float32Array(4).fill(-1);
    // Into the middle of something larger, as a batch is.
    store.read(number, 4, target.subarray(1, 3), () => {
      made.push(number);
      return Float32Array.from({ length: blockLength }, (_, i) => number + i / 8);
    });
    values.push([...target]);
    most = Math.max(most, store.heldBytes);
  }
  store.dispose();
  return { made, most, values };
}

test.each([
  ['all', 5 * blockBytes, 5],
  ['some', 3 * blockBytes - 1, 2],
  ['none', 0, 0],
])(
  'with room for %s of the blocks each is made once, memory is bounded, and values are the same',
  async (_what, mostBytes, held) => {
    const { made, most, values } = readAll(mostBytes);
    expect(made).toEqual([4, 0, 3, 1, 2]);
    expect(most).toBe(held * blockBytes);
    // Places 4 and 5 of each block.
    expect(values[0]).toEqual([-1, 4.5, 4.625, -1]);
    expect(values).toEqual(readAll(Number.POSITIVE_INFINITY).values);
    expect(await readdir(directory)).toEqual([]);
  },
);

test('a block of another length is refused', () => {
  const store = new BlockStore({ blockLength, directory, mostBytes: 0 });
  expect(() => store.read(7, 0, new Float32Array(2), () => new Float32Array(5))).toThrow(
    'block 7: expected 6 values, got 5',
  );
});
