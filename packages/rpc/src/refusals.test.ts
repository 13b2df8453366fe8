import { expect, test } from 'vitest';
import { Refusals } from './refusals.ts';

test('logs ten refusals a minute, and says in the next line how many it left out', () => {
  const lines: object[] = [];
  let now = 0;
  const refusals = new Refusals({ warn: (fields) => void lines.push(fields) }, () => now);
  const refusal = { method: '/ddad.v1.WorkerService/Make', peer: '10.0.0.7:4000', reason: 'no token' };
  for (let i = 0; i < 1000; i++) {
    // 59 s in all.
    now = i * 59;
    refusals.add(refusal);
  }
  expect(lines).toEqual(Array(10).fill(refusal));
  now = 60_000;
  refusals.add(refusal);
  refusals.add(refusal);
  expect(lines.slice(10)).toEqual([{ ...refusal, unlogged: 990 }, refusal]);
});
