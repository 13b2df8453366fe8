import { randomStream } from '@ddad/compute';
import { expect, it } from 'vitest';
import { drawTurn, turnAndShift } from './turn-and-shift.ts';

const side = 9;
const image = { side, pixels: Uint8Array.from({ length: side * side }, (_, at) => at) };

it('turns by up to 3° either way and shifts by up to 3 pixels of 224', () => {
  const stream = randomStream(1, 'turns');
  const turns = Array.from({ length: 5000 }, () => drawTurn(stream, 224));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  // √(3²/3) = 1.73 is the deviation of a uniform distribution over ±3: a standard error of 0.024.
  expect(Math.abs(mean(turns.map(({ degrees }) => degrees)))).toBeLessThan(0.1);
  expect(mean(turns.map(({ degrees }) => degrees ** 2))).toBeCloseTo(3, 0);
  expect(Math.max(...turns.map(({ degrees }) => Math.abs(degrees)))).toBeLessThan(3);
  expect(new Set(turns.map(({ right }) => right))).toEqual(new Set([-3, -2, -1, 0, 1, 2, 3]));
  expect(new Set(turns.map(({ down }) => down))).toEqual(new Set([-3, -2, -1, 0, 1, 2, 3]));
  expect(new Set(turns.map(() => drawTurn(stream, 64).right))).toEqual(new Set([-1, 0, 1]));
});

it('repeats the border where the image has no more', () => {
  expect(turnAndShift(image, { degrees: 0, right: 0, down: 0 }).pixels).toEqual(image.pixels);
  const { pixels } = turnAndShift(image, { degrees: 0, right: 2, down: -1 });
  expect([...pixels.subarray(0, side)]).toEqual([2, 3, 4, 5, 6, 7, 8, 8, 8]);
  expect([...pixels.subarray(side, 2 * side)]).toEqual([2, 3, 4, 5, 6, 7, 8, 8, 8]);
  expect([...pixels.subarray(8 * side)]).toEqual([65, 66, 67, 68, 69, 70, 71, 71, 71]);
});
