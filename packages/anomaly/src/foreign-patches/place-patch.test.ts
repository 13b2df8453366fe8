import { randomStream } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import type { GreyImage } from './grey-image.ts';
import { objectMask } from './object-mask.ts';
import { patchScale } from './patch-scale.ts';
import { drawHalf, drawShiftedBox, drawSize, drawSourceBox } from './place-patch.ts';

const side = 224;
const sizes = patchScale(side);
const filled = (grey: (row: number, column: number) => number): GreyImage => ({
  side,
  pixels: Uint8Array.from({ length: side * side }, (_, at) => grey(Math.floor(at / side), at % side)),
});
const object = objectMask(
  filled(() => 200),
  sizes.objectHalf,
);
const draws = 20_000;
const times = <T>(make: (stream: ReturnType<typeof randomStream>) => T): T[] => {
  const stream = randomStream(7, 'draws');
  return Array.from({ length: draws }, () => make(stream));
};
/** The largest difference between the values' distribution and one that is known: √(ln(2/0.001)/(2n)) = 0.014 at a thousandth's level. */
const distance = (values: readonly number[], below: (value: number) => number) => {
  const rising = values.toSorted((a, b) => a - b);
  return Math.max(
    ...[...new Set(rising)].map((value) => {
      const place = rising.findLastIndex((one) => one <= value);
      return Math.abs((place + 1) / rising.length - below(value));
    }),
  );
};

describe('lengths at the source’s 224 pixels', () => {
  it('are the source’s', () => {
    expect(sizes).toEqual({
      least: 7,
      most: 90,
      objectHalf: 3,
      labelHalf: 2,
      intensityRadius: 5,
      margin: 3,
      leastArea: 50,
    });
  });

  it('shrink with the image, down to a pixel', () => {
    expect(patchScale(64)).toMatchObject({
      least: 2,
      most: 26,
      objectHalf: 1,
      labelHalf: 1,
      intensityRadius: 1,
      margin: 1,
    });
    expect(patchScale(64).leastArea).toBeCloseTo(4.08, 2);
    expect(patchScale(128)).toMatchObject({ objectHalf: 2, labelHalf: 1, intensityRadius: 3, margin: 2 });
    expect(() => patchScale(16)).toThrow('image size: expected an integer from 32, got 16');
  });
});

describe('a patch', () => {
  it('has half sides of (0.05 + Γ(2, 0.03))·d, cut down to whole pixels', () => {
    const halves = times((stream) => drawHalf(stream, side, sizes));
    // P(half ≤ h) = P(Γ < (h + 1)/224 − 0.05), and of a gamma distribution of shape 2: 1 − (1 + x/θ)·e^(−x/θ).
    const gamma = (x: number) => (x <= 0 ? 0 : 1 - (1 + x / 0.03) * Math.exp(-x / 0.03));
    expect(distance(halves, (half) => gamma((half + 1) / side - 0.05))).toBeLessThan(0.014);
    expect(Math.min(...halves)).toBe(11);
    expect(Math.max(...halves)).toBeLessThanOrEqual(90);
  });

  it('lies anywhere in an image that is all object, its middle no nearer to the border than the least half side', () => {
    const boxes = times((stream) => drawSourceBox(stream, object, sizes));
    expect(boxes).not.toContain(null);
    // Of boxes that the border does not cut, the middle is known: uniform in 7 … 216 where the half sides are small enough.
    const middles = boxes.flatMap((box) => {
      if (box === null || box.top === 0 || box.top + box.height === side) return [];
      const middle = box.top + box.height / 2;
      return middle >= 60 && middle < 164 ? [middle] : [];
    });
    expect(distance(middles, (middle) => (middle - 59) / 104)).toBeLessThan(0.02);
    for (const box of boxes) {
      expect(box!.top).toBeGreaterThanOrEqual(0);
      expect(box!.left + box!.width).toBeLessThanOrEqual(side);
    }
  });

  it('is filled with an object by more than 70 %, or is not found', () => {
    // A square of 60 px in the dark.
    const small = objectMask(
      filled((row, column) => (row >= 80 && row < 140 && column >= 80 && column < 140 ? 90 : 20)),
      sizes.objectHalf,
    );
    const stream = randomStream(7, 'small');
    const boxes = Array.from({ length: 200 }, () => drawSourceBox(stream, small, sizes));
    const found = boxes.flatMap((box) => box ?? []);
    expect(found.length).toBeGreaterThan(100);
    for (const box of found) expect(small.count(box)).toBeGreaterThan(0.7 * box.height * box.width);
    const dark = objectMask(
      filled(() => 20),
      sizes.objectHalf,
    );
    expect(drawSourceBox(stream, dark, sizes)).toBeNull();
  });

  it('is resized by clip(N(1, ½), 0.7, 1.3), its aspect kept', () => {
    const scales = times((stream) => {
      const { height, width } = drawSize(stream, { height: 60, width: 40 }, sizes);
      expect(Math.abs(height / width - 1.5)).toBeLessThan(0.1);
      return width / 40;
    });
    // Φ(−0.6) = 0.2743 of each end is cut off: of widths 28 and 52, of which rounding down leaves 28 alone as it is.
    const share = (low: number, high: number) =>
      scales.filter((scale) => scale >= low && scale <= high).length / draws;
    expect(share(0.7, 0.72)).toBeCloseTo(0.2743 + 0.02, 1);
    expect(share(1.29, 1.3)).toBeCloseTo(0.2743, 1);
    expect(Math.min(...scales)).toBe(0.7);
    expect(Math.max(...scales)).toBeLessThanOrEqual(1.3);
    // Its sides stay between 0.03·d and 0.4·d.
    const stream = randomStream(1, 'size');
    for (let i = 0; i < 50; i += 1) {
      const { height, width } = drawSize(stream, { height: 180, width: 100 }, sizes);
      expect(Math.max(height, width)).toBeLessThanOrEqual(90);
    }
  });

  it('is shifted to where an object lies below more than 70 % of its own', () => {
    const right = objectMask(
      filled((_, column) => (column >= 112 ? 200 : 0)),
      sizes.objectHalf,
    );
    // The patch's own object is its lower three quarters.
    const objects = { height: 20, width: 30, pixels: new Uint8Array(600).fill(1, 150) };
    const stream = randomStream(7, 'shift');
    for (let i = 0; i < 200; i += 1) {
      const box = drawShiftedBox(stream, objects, right);
      // 30 columns, of which more than 21 lie at 112 or to the right.
      expect(box!.left).toBeGreaterThan(103);
      expect(box!.left + 30).toBeLessThan(side);
      expect(box!.top).toBeGreaterThan(0);
    }
    const hollow = { height: 20, width: 30, pixels: new Uint8Array(600).fill(1, 200) };
    expect(drawShiftedBox(stream, hollow, right)).toBeNull();
  });
});
