import { inferenceStep, type Tensor, tf } from '@ddad/compute';
import { expect, test } from 'vitest';
import {
  interDiscrepancy,
  intraDiscrepancy,
  meanReconstruction,
  meanVariance,
  reconstructionError,
} from './discrepancy.ts';

// Two pixels; three members of ensemble A, two of ensemble B. All values but the root are exact in 32 bits.
const image = [1, 0.25];
const membersA = [
  [0.5, 0.25],
  [0.5, 0.5],
  [2, 0.75],
];
const membersB = [
  [0.5, 1],
  [1, 0.75],
];
// μ̂_A = [(0.5 + 0.5 + 2) / 3, (0.25 + 0.5 + 0.75) / 3] = [1, 0.5]
// μ̂_B = [(0.5 + 1) / 2, (1 + 0.75) / 2] = [0.75, 0.875]
const expected = {
  // first member: [(1 − 0.5)², (0.25 − 0.25)²]
  memberError: [0.25, 0],
  // [(1 − 1)², (0.25 − 0.5)²]
  ensembleError: [0, 0.0625],
  // [√((0.25 + 0.25 + 1) / 3), √((0.0625 + 0 + 0.0625) / 3)]; dividing by K − 1 = 2 would give [√0.75, 0.25]
  intra: [Math.sqrt(0.5), Math.sqrt(0.125 / 3)],
  // [|1 − 0.75|, |0.5 − 0.875|]
  inter: [0.25, 0.375],
};

test.each(['eager', 'graph'] as const)('gives the scores worked out by hand (%s)', (mode) => {
  const shape = [1, 1, 2, 1];
  const inputs = { a0: membersA[0]!, a1: membersA[1]!, a2: membersA[2]!, b0: membersB[0]!, b1: membersB[1]! };
  const step = inferenceStep({
    weights: new Map([['image', { shape, data: Float32Array.from(image) }]]),
    inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, shape])),
    compute: (weights, tensors) => {
      const of = (...names: string[]) => names.map((name) => tensors[name] as Tensor);
      const x = weights.image as Tensor;
      const meanA = meanReconstruction(of('a0', 'a1', 'a2'));
      return {
        memberError: reconstructionError(x, tensors.a0 as Tensor),
        ensembleError: reconstructionError(x, meanA),
        intra: intraDiscrepancy(of('a0', 'a1', 'a2')),
        inter: interDiscrepancy(meanA, meanReconstruction(of('b0', 'b1'))),
      };
    },
    mode,
  });
  try {
    const found = step.run(
      Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)])),
    );
    for (const [name, values] of Object.entries(expected)) {
      expect(found[name]).toHaveLength(2);
      // One rounding to 32 bits for each of at most five operations on values below 2.
      for (const [pixel, value] of values.entries()) expect(found[name]![pixel]).toBeCloseTo(value, 6);
    }
  } finally {
    step.dispose();
  }
});

test.each(['eager', 'graph'] as const)('gives the refined scores worked out by hand (%s)', (mode) => {
  const shape = [1, 1, 2, 1];
  const inputs = {
    ...{ a0: membersA[0]!, a1: membersA[1]!, a2: membersA[2]!, b0: membersB[0]!, b1: membersB[1]! },
    // The variances that the members of ensemble A expect (AE-U).
    ...{ v0: [0.0625, 4], v1: [0.125, 0.5], v2: [0.5625, 0.75] },
  };
  // σ² = [(0.0625 + 0.125 + 0.5625) / 3, (4 + 0.5 + 0.75) / 3] = [0.25, 1.75]; the mean of the σ would give [0.451, 1.191] as σ.
  const [first, second] = [0.5, Math.sqrt(1.75)];
  const refined = {
    // by the first member's own variance: [0.25 / 0.0625, 0 / 4]
    memberError: [4, 0],
    // [0 / 0.25, 0.0625 / 1.75]
    ensembleError: [0, 0.0625 / 1.75],
    // eq. 6
    intra: [Math.sqrt(0.5) / first, Math.sqrt(0.125 / 3) / second],
    // eq. 7
    inter: [0.25 / first, 0.375 / second],
  };
  const step = inferenceStep({
    weights: new Map([['image', { shape, data: Float32Array.from(image) }]]),
    inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, shape])),
    compute: (weights, tensors) => {
      const of = (...names: string[]) => names.map((name) => tensors[name] as Tensor);
      const x = weights.image as Tensor;
      const meanA = meanReconstruction(of('a0', 'a1', 'a2'));
      const variance = meanVariance(of('v0', 'v1', 'v2'));
      return {
        memberError: reconstructionError(x, tensors.a0 as Tensor, tensors.v0 as Tensor),
        ensembleError: reconstructionError(x, meanA, variance),
        intra: intraDiscrepancy(of('a0', 'a1', 'a2'), variance),
        inter: interDiscrepancy(meanA, meanReconstruction(of('b0', 'b1')), variance),
      };
    },
    mode,
  });
  try {
    const found = step.run(
      Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)])),
    );
    for (const [name, values] of Object.entries(refined)) {
      for (const [pixel, value] of values.entries()) expect(found[name]![pixel]).toBeCloseTo(value, 5);
    }
  } finally {
    step.dispose();
  }
});

test('gives exactly 0 where all members agree', () => {
  tf.tidy(() => {
    const member = tf.tensor([0.5, -1]);
    expect([...intraDiscrepancy([member, member, member]).dataSync()]).toEqual([0, 0]);
  });
});

test('refuses one member alone, none, and shapes that would broadcast', () => {
  tf.tidy(() => {
    const row = tf.zeros([1, 2]);
    expect(() => intraDiscrepancy([row])).toThrow('expected at least 2 reconstructions, got 1');
    expect(() => meanReconstruction([])).toThrow('expected at least 1 reconstructions, got 0');
    expect(() => interDiscrepancy(row, tf.zeros([2]))).toThrow(
      'expected mean reconstructions of one shape, got [1, 2] and [2]',
    );
    expect(() => reconstructionError(row, tf.zeros([1, 1]))).toThrow(/of one shape/);
    expect(() => meanVariance([])).toThrow('expected at least 1 variances, got 0');
    for (const refined of [
      () => reconstructionError(row, row, tf.ones([1])),
      () => intraDiscrepancy([row, row], tf.ones([1])),
      () => interDiscrepancy(row, row, tf.ones([1])),
    ]) {
      expect(refined).toThrow('expected score and variance of one shape, got [1, 2] and [1]');
    }
  });
});
