import { describe, expect, test } from 'vitest';
import { gridOf, shiftBetween } from './grid.ts';

const dims = [10, 20, 5] as const;
type Row = readonly [number, number, number, number];

/** @param rows of the affine from stored indices to millimetres */
const grid = (rows: readonly [Row, Row, Row], told = true, sizes: readonly [number, number, number] = dims) =>
  gridOf({
    dims: sizes,
    axes: rows.map(([x, y, z]) => [x, y, z] as const),
    offset: [rows[0][3], rows[1][3], rows[2][3]],
    told,
  });

const plain = grid([
  [2, 0, 0, -9],
  [0, 0.5, 0, 4],
  [0, 0, 4, 1],
]);

describe('one grid', () => {
  test('stored from another side and in another order of axes', () => {
    const reordered = grid(
      [
        [0, 0, -2, 9],
        [0, -0.5, 0, 13.5],
        [4, 0, 0, 1],
      ],
      true,
      [5, 20, 10],
    );
    expect(reordered).toEqual(plain);
    expect(shiftBetween(reordered, plain)).toBe(0);
  });

  test('where neither file says where it lies, whatever its voxels measure', () => {
    const [small, large] = [1, 3].map((side) =>
      grid(
        [
          [-side, 0, 0, 0],
          [0, side, 0, 0],
          [0, 0, side, 0],
        ],
        false,
      ),
    );
    expect(shiftBetween(small!, large!)).toBe(0);
    expect(shiftBetween(small!, { ...large!, told: true })).toBeGreaterThan(1);
  });
});

describe('grids are as far apart as their corners, in voxels', () => {
  test.each([
    [
      'mirrored about the first voxel',
      [
        [-2, 0, 0, -9],
        [0, 0.5, 0, 4],
        [0, 0, 4, 1],
      ],
      9,
    ],
    [
      'moved along the axis of short voxels',
      [
        [2, 0, 0, -9],
        [0, 0.5, 0, 4.1],
        [0, 0, 4, 1],
      ],
      0.2,
    ],
    [
      'moved as far along that of long ones',
      [
        [2, 0, 0, -9],
        [0, 0.5, 0, 4],
        [0, 0, 4, 1.1],
      ],
      0.025,
    ],
    [
      'larger voxels: at the far end',
      [
        [2, 0, 0, -9],
        [0, 0.5, 0, 4],
        [0, 0, 5, 1],
      ],
      1,
    ],
    [
      'turned: 0.01 of 18 mm across voxels of 0.5',
      [
        [2, 0, 0, -9],
        [0.02, 0.5, 0, 4],
        [0, 0, 4, 1],
      ],
      0.36,
    ],
  ] as const)('%s', (_what, rows, shift) => {
    expect(shiftBetween(grid(rows), plain)).toBeCloseTo(shift, 10);
  });
});
