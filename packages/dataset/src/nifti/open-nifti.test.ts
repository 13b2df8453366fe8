import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sliceAxes } from '@ddad/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openImage } from '../open-image.ts';
import { runPillow, scratchFolder } from '../testing-pillow.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { openNifti, type SliceChoice, unpacked } from './open-nifti.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

interface Facts {
  window: [number, number];
  /** Slices, rows, columns. */
  shapes: Record<string, [number, number, number]>;
  /** The closest canonical one, by row. */
  affine: number[][];
}
let facts: Record<string, Facts>;
beforeAll(() => {
  runPillow(readFileSync(join(import.meta.dirname, 'volumes.testing.py'), 'utf8'), dir);
  facts = JSON.parse(readFileSync(join(dir, 'facts.json'), 'utf8')) as Record<string, Facts>;
});

const file = (name: string) => readFileSync(join(dir, name));
const all: SliceChoice = { axis: 'axial', every: 1, minForeground: 0 };

describe('against nibabel and numpy', () => {
  test.each([
    ['a plain one', 'ras.nii'],
    ['gzip, turned about an axis', 'lps.nii.gz'],
    ['axes in another order', 'permuted.nii.gz'],
    ['an oblique one', 'oblique.nii'],
    ['one nearer to another axis', 'very-oblique.nii'],
    ['8 bits', 'unsigned.nii'],
    ['floating point with gaps', 'float.nii'],
    ['NIfTI-2', 'second.nii'],
    ['Big Endian', 'big-endian.nii'],
    ['slope and intercept', 'scaled.nii'],
    ['a falling slope', 'falling.nii'],
    ['slope 0, which stands for none', 'slope-zero.nii'],
    ['slope NaN, which stands for none', 'slope-nan.nii'],
    ['a qform alone', 'qform.nii'],
    ['a qform that turns by 180°', 'half-turn.nii'],
    ['neither form', 'no-form.nii'],
    ['a mask', 'mask.nii'],
    ['a fourth dimension of 1', 'one-more.nii'],
  ])(
    '%s has the same slices along every axis, the same window, and lies at the same place',
    (_what, name) => {
      const bytes = name.endsWith('.gz') ? unpacked(file(name)) : file(name);
      const { window, shapes, affine } = facts[name]!;
      const { steps, origin, told } = openNifti(bytes, all).grid;
      for (const [column, vector] of [...steps, origin].entries())
        for (const [row, value] of vector.entries()) expect(value).toBeCloseTo(affine[row]![column]!, 4);
      expect(told).toBe(name !== 'no-form.nii');
      for (const axis of sliceAxes) {
        const volume = openNifti(bytes, { ...all, axis });
        for (const end of [0, 1] as const) expect(volume.window[end]).toBeCloseTo(window[end], 3);
        const [slices, height, width] = shapes[axis]!;
        expect([axis, volume.slices]).toEqual([axis, slices]);
        const reference = file(`${name}.${axis}.ref`);
        for (let slice = 0; slice < slices; slice++) {
          const picture = volume.decode(slice, 1);
          expect([picture.width, picture.height]).toEqual([width, height]);
          const expected = reference.subarray(slice * width * height, (slice + 1) * width * height);
          const difference = picture.pixels.reduce(
            (most, level, i) => Math.max(most, Math.abs(level - expected[i]!)),
            0,
          );
          expect(difference).toBeLessThanOrEqual(1);
        }
      }
    },
  );
});

test.each([
  ['NIfTI-1', 'ras.nii', 348, 352],
  ['NIfTI-2', 'second.nii', 540, 544],
])('extensions of a %s header are passed over, long, several or damaged', (_what, name, flag, voxels) => {
  const whole = file(name);
  const expected = openNifti(whole, all).decode(7, 1);
  // Of 2,048 and 16 bytes; the second begins where the first one ends. Then one that is said to go backwards.
  for (const sizes of [[2048, 16], [-16]]) {
    const extensions = Buffer.alloc(2064);
    let at = 0;
    for (const size of sizes) {
      extensions.writeInt32LE(size, at);
      at += size;
    }
    const head = Buffer.from(whole.subarray(0, voxels));
    head[flag] = 1;
    if (flag === 348) head.writeFloatLE(352 + 2064, 108);
    else head.writeBigInt64LE(BigInt(544 + 2064), 168);
    const extended = Buffer.concat([head, extensions, whole.subarray(voxels)]);
    expect(openNifti(extended, all).decode(7, 1)).toEqual(expected);
  }
});

test('every third slice with a foreground is taken', () => {
  const everyThird = openNifti(file('ras.nii'), { ...all, every: 3 });
  expect(everyThird.chosen).toEqual([0, 3, 6, 9, 12, 15]);
  // The head leaves the ends of its axis empty.
  const shares = everyThird.chosen.map((slice) => {
    const { pixels } = everyThird.decode(slice, 1);
    return pixels.filter((level) => level > 25).length / pixels.length;
  });
  const chosen = openNifti(file('ras.nii'), { ...all, every: 3, minForeground: 0.3 }).chosen;
  expect(chosen).toEqual([0, 3, 6, 9, 12, 15].filter((_slice, i) => shares[i]! >= 0.3));
  expect(chosen.length).toBeGreaterThan(0);
  expect(chosen.length).toBeLessThan(6);
});

describe('refused with what was expected and what came', () => {
  const refused = async (bytes: Buffer, slices: SliceChoice | null = all) => {
    const reading = { channels: 1, range: null, slices } as const;
    const error = await openImage(bytes, reading).catch((thrown: unknown) => thrown);
    if (!(error instanceof UnreadableImage)) throw new Error('expected UnreadableImage', { cause: error });
    return error.message;
  };
  test.each([
    [
      'series.nii',
      'expected a NIfTI volume of three dimensions, got one of 4: 20x24x16x3 (a time series or vectors)',
    ],
    ['complex.nii', 'expected a NIfTI volume of single real numbers, got one of complex numbers'],
    ['cut.nii', 'expected 15360 bytes of voxels of a NIfTI volume, got 15260'],
    ['cut.nii.gz', 'expected a whole gzip file with a NIfTI volume, got one that is damaged or cut off'],
    ['text.gz', 'expected a NIfTI volume in a gzip file, got something else'],
    ['pair.nii', 'expected a NIfTI volume in one file, got the header of a pair (.hdr and .img)'],
  ])('%s', async (name, message) => expect(await refused(file(name))).toBe(message));

  test('more slices than names have numbers', async () => {
    const head = Buffer.from(file('second.nii').subarray(0, 544));
    for (const [at, side] of [1, 1, 1_000_000].entries()) head.writeBigInt64LE(BigInt(side), 24 + 8 * at);
    expect(await refused(Buffer.concat([head, Buffer.alloc(8_000_000)]))).toBe(
      'expected a NIfTI volume of at most 999999 slices, got 1000000',
    );
  });

  test('headers that are cut off', async () => {
    expect(await refused(file('second.nii').subarray(0, 400))).toMatch(
      /got a file that starts with the bytes /,
    );
    for (const [name, bytes] of [
      ['second.nii', 540],
      ['second.nii', 542],
      ['ras.nii', 348],
      ['ras.nii', 350],
    ] as const)
      expect(await refused(file(name).subarray(0, bytes))).toMatch(
        /bytes of voxels of a NIfTI volume, got 0/,
      );
  });

  test('a volume without the axis that it is to be cut along', async () => {
    const message = 'expected --slices axial, coronal or sagittal for a NIfTI volume, got none';
    expect(await refused(file('ras.nii'), null)).toBe(message);
    expect(await refused(file('lps.nii.gz'), null)).toBe(`${message} (a gzip file)`);
  });

  test('a slice that the volume does not have', () => {
    expect(() => openNifti(file('ras.nii'), all).decode(16, 1)).toThrow(
      'expected a slice of 0 to 15, got 16',
    );
  });
});
