import { expect, it } from 'vitest';
import { inventedResult } from '../invented-method.testing.ts';
import { exportDigest } from './exported-runs.ts';

it('a kept file is another one with every version that decides it, and with the result', () => {
  const result = inventedResult();
  const digests = [
    exportDigest({ method: 1, mapScores: 1 }, result),
    exportDigest({ method: 2, mapScores: 1 }, result),
    exportDigest({ method: 1, mapScores: 2 }, result),
    exportDigest({ method: 1, mapScores: 1 }, { ...result, runId: 'other' }),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(exportDigest({ method: 1, mapScores: 1 }, { ...result })).toBe(digests[0]);
});
