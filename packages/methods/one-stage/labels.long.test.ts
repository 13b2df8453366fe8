import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectMask, type PatchRecipe, pastePatches, patchScale, turnAndShift } from '@ddad/anomaly';
import { randomStream, type TensorData } from '@ddad/compute';
import { runPython, testImages } from '@ddad/models/testing';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { describe, expect, it } from 'vitest';

const [side, count] = [128, 6];
const area = side * side;
const slices = Array.from(testImages(count + 1, side), (value) => Math.round((value + 1) * 127.5));
const image = (number: number, darkest = 0) => ({
  side,
  pixels: Uint8Array.from(slices.slice(number * area, (number + 1) * area), (grey) =>
    Math.max(darkest, grey),
  ),
});

/** What foreign_patches.py gives. */
function reference(tensors: Record<string, ArrayLike<number>>): ReadonlyMap<string, TensorData> {
  const directory = mkdtempSync(join(tmpdir(), 'ddad-patches-'));
  try {
    const [inputs, output] = [join(directory, 'inputs'), join(directory, 'output')];
    const named = Object.entries(tensors).map(([name, values]): [string, TensorData] => [
      name,
      {
        shape: values.length === count * area ? [count, side, side] : [values.length],
        data: Float32Array.from(values),
      },
    ]);
    writeFileSync(inputs, encodeSafetensors(new Map(named)));
    runPython('foreign_patches.py', [inputs, output]);
    return decodeSafetensors(readFileSync(output)).tensors;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('synthetic anomalies of real slices, beside scipy and Pillow', () => {
  const nsa: PatchRecipe = { source: 'other', place: 'resized', blend: 'poisson', label: 'intensity' };
  const sizes = patchScale(side);
  const degrees = [0, 3, -3, 1.234, -0.5, 2.9];
  // Without background all of a box may change: which pixels were touched is known.
  const before = Array.from({ length: count }, (_, number) => image(number, 30));
  const made = before.map((own, number) =>
    pastePatches(own, image(number + 1, 30), nsa, randomStream(number, 'anomaly')),
  );
  const touched = made.map(({ boxes }) => {
    const mask = new Uint8Array(area);
    for (const { top, left, height, width } of boxes)
      for (let row = top; row < top + height; row += 1)
        mask.fill(1, row * side + left, row * side + left + width);
    return mask;
  });
  const joined = (parts: readonly ArrayLike<number>[]) => parts.flatMap((part) => Array.from(part));
  const expected = reference({
    before: joined(before.map(({ pixels }) => pixels)),
    after: joined(made.map(({ image: { pixels } }) => pixels)),
    touched: joined(touched),
    degrees,
    sizes: [2 * sizes.objectHalf + 1, 2 * sizes.labelHalf + 1, sizes.intensityRadius],
  });
  const plain = reference({
    before: joined(Array.from({ length: count }, (_, number) => image(number).pixels)),
    after: joined(before.map(({ pixels }) => pixels)),
    touched: joined(touched),
    degrees,
    sizes: [2 * sizes.objectHalf + 1, 2 * sizes.labelHalf + 1, sizes.intensityRadius],
  });
  const own = (tensors: ReadonlyMap<string, TensorData>, name: string, number: number) =>
    tensors.get(name)!.data.subarray(number * area, (number + 1) * area);

  it('have the labels of the source’s medians', () => {
    for (const [number, { label }] of made.entries()) {
      const [support, intensity] = [own(expected, 'support', number), own(expected, 'intensity', number)];
      expect(support.some((value) => value === 1)).toBe(true);
      expect(label.map((value) => (value > 0 ? 1 : 0))).toEqual(support);
      label.forEach((value, at) => {
        expect(Math.abs(value - intensity[at]!)).toBeLessThan(1e-6);
      });
    }
  });

  it('have the objects of a median’s mask', () => {
    for (let number = 0; number < count; number += 1) {
      const { pixels } = objectMask(image(number), sizes.objectHalf);
      expect(Float32Array.from(pixels)).toEqual(own(plain, 'objects', number));
    }
  });

  it('are turned as Pillow does, but for ties and for what lies beyond the border', () => {
    for (const [number, angle] of degrees.entries()) {
      const turned = turnAndShift(before[number]!, { degrees: angle, right: 0, down: 0 }).pixels;
      const theirs = own(expected, 'turned', number);
      const inner = [...turned.keys()].filter((at) => {
        const [row, column] = [Math.floor(at / side), at % side];
        return Math.min(row, column, side - 1 - row, side - 1 - column) >= 8;
      });
      const others = inner.filter((at) => turned[at] !== theirs[at]);
      expect(others.length / inner.length, `${angle}°`).toBeLessThan(0.001);
    }
  });
});
