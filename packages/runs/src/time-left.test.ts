import { expect, it } from 'vitest';
import { type JobLeft, wholeLeft } from './time-left.ts';

const job = (stage: number, seconds: number | null, running = false, pool = 'trainer'): JobLeft => ({
  stage,
  pool,
  running,
  seconds,
});
const alone = () => 1;

it('adds the stages, and shares the jobs of one among its workers', () => {
  // 60 s of members on two trainers, then 10 s of maps.
  const jobs = [job(1, 20, true), job(1, 20, true), job(1, 20), job(2, 10, false, 'scorer')];
  expect(wholeLeft(jobs, alone)).toEqual({ seconds: 30 + 10, atLeast: false });
});

it('counts workers that were seen, as far as there are jobs for them', () => {
  expect(wholeLeft([job(1, 30), job(1, 30)], () => 8)).toEqual({ seconds: 30, atLeast: false });
});

it('ends no stage before its longest job', () => {
  expect(wholeLeft([job(1, 50, true), job(1, 1, true), job(1, 1, true)], alone)?.seconds).toBe(50);
});

it('is a bound where it is not known how long a job takes, and nothing where it is known of none', () => {
  expect(wholeLeft([job(1, 20, true), job(2, null)], alone)).toEqual({ seconds: 20, atLeast: true });
  expect(wholeLeft([job(1, null), job(2, null)], alone)).toBeNull();
  // The report alone is left, which takes no time worth telling.
  expect(wholeLeft([], alone)).toEqual({ seconds: 0, atLeast: false });
});
