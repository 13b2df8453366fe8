import { inferenceStep, randomStream, type Tensor, tf } from '@ddad/compute';
import { expect, it } from 'vitest';
import { linearCka } from './linear-cka.ts';
import { largestDifference, linearCkaReference } from './reference.testing.ts';

function drawn(label: string, shape: number[]): Float32Array {
  const data = new Float32Array(shape[0]! * shape[1]!);
  randomStream(4, label).fillNormal(0.5, 2, data);
  return data;
}

/** Value and slopes in x. */
function found(x: Float32Array, y: Float32Array, images: number, mode: 'graph' | 'eager') {
  const step = inferenceStep({
    weights: new Map(),
    inputs: { x: [images, x.length / images], y: [images, y.length / images] },
    compute: (_weights, inputs) => ({
      value: tf.reshape(linearCka(inputs.x!, inputs.y!), [1]),
      gradient: tf.grad((at) => linearCka(at as Tensor, inputs.y!))(inputs.x!),
    }),
    mode,
  });
  try {
    const { value, gradient } = step.run({ x, y });
    return { value: value![0]!, gradient: gradient! };
  } finally {
    step.dispose();
  }
}

it.each(['graph', 'eager'] as const)('has the value and the slopes of its definition (%s)', (mode) => {
  const images = 12;
  const [x, y] = [drawn('x', [images, 5]), drawn('y', [images, 3])];
  const { value, gradient } = found(x, y, images, mode);
  const expected = linearCkaReference({ shape: [images, 5], data: x }, { shape: [images, 3], data: y });
  expect(value).toBeCloseTo(expected.get('value')!.data[0]!, 6);
  expect(value).toBeGreaterThan(0.05);
  expect(value).toBeLessThan(0.95);
  const slopes = expected.get('gradient')!.data;
  expect(largestDifference(gradient, slopes) / Math.max(...slopes)).toBeLessThan(1e-5);
});

it('is 1 of codes that are turned, scaled and moved, 0 of those without a linear relation, as worked by hand', () => {
  // Four images at the corners of a square.
  const square = [1, 1, 1, -1, -1, 1, -1, -1];
  const x = Float32Array.from(square);
  // (a, b) to (3 − 2b, 5 + 2a).
  const turned = Float32Array.from(square, (_value, i) =>
    i % 2 === 0 ? 3 - 2 * square[i + 1]! : 5 + 2 * square[i - 1]!,
  );
  expect(found(x, turned, 4, 'graph').value).toBeCloseTo(1, 6);
  // The product of both coordinates has no linear relation to them: Σ a·ab = Σ b·ab = 0.
  expect(found(x, Float32Array.of(1, -1, -1, 1), 4, 'graph').value).toBeCloseTo(0, 6);
  // One of two directions: K∘L sums to 16, |K| is √32, |L| is 4.
  expect(found(x, Float32Array.of(1, 1, -1, -1), 4, 'graph').value).toBeCloseTo(Math.SQRT1_2, 6);
});

it('is 0, with slopes that are numbers, where all codes are the same', () => {
  const { value, gradient } = found(new Float32Array(8).fill(0.5), drawn('y', [4, 2]), 4, 'graph');
  expect(value).toBe(0);
  expect([...gradient].every(Number.isFinite)).toBe(true);
});
