import { execFileSync } from 'node:child_process';
import { randomStream } from '@ddad/compute';
import { expect, test } from 'vitest';
import { exactQuantile } from './exact-quantile.ts';

test('at most the share lies above, and the value itself is one of them', async () => {
  const of = (values: number[], above: number) => exactQuantile(() => [Float32Array.from(values)], above);
  expect(await of([4, 2, 1, 3], 0.25)).toBe(3);
  expect(await of([4, 2, 1, 3], 0.2)).toBe(4);
  expect(await of([-4, -2, -1, 3], 0.5)).toBe(-2);
  expect(await of([5], 0.999)).toBe(5);
  expect(await of([0, 0, 0, 0, 1], 0.2)).toBe(0);
  await expect(of([], 0.1)).rejects.toThrow('expected values');
});

test('equals numpy on values of either sign, in pieces', async () => {
  const random = randomStream(3);
  const values = Float32Array.from({ length: 9973 }, () => (random.uniform() - 0.3) ** 3);
  function* pieces() {
    for (let at = 0; at < values.length; at += 1000) yield values.subarray(at, at + 1000);
  }
  const script = `
import sys, numpy as np
v = np.frombuffer(sys.stdin.buffer.read(), np.float32)
for above in (0.001, 0.05, 0.3, 0.72, 0.99): print(repr(float(np.quantile(v, 1 - above, method='inverted_cdf'))))
`;
  const output = execFileSync(process.env.DDAD_TEST_PYTHON!, ['-c', script], { input: values });
  const expected = output.toString().trim().split('\n').map(Number);
  const found = [];
  for (const above of [0.001, 0.05, 0.3, 0.72, 0.99]) found.push(await exactQuantile(pieces, above));
  expect(found).toEqual(expected);
});
