import type { JobView } from '@ddad/runs';
import { describe, expect, it } from 'vitest';
import { bar, layoutLines, progressLine, progressSentence } from './progress-line.ts';

const job = (changes: Partial<JobView> = {}): JobView => ({
  id: 'student 0',
  key: 'a',
  kind: 'trained-students',
  name: 'stu 0',
  stage: 'training',
  unit: 'epoch',
  waitsFor: 'a trainer',
  held: false,
  done: 12,
  total: 40,
  loss: 0.031244,
  imagesPerSecond: 1523.4,
  worker: 'trainer-1',
  state: 'running',
  secondsLeft: 62,
  seconds: null,
  reused: false,
  losses: [],
  ...changes,
});

const jobs = [
  job(),
  job({ name: 'tut 10', done: 40, state: 'finished', seconds: 3723, secondsLeft: null }),
  job({ name: 'stu 1', done: 0, state: 'waiting', loss: null, worker: null, secondsLeft: null }),
  job({ name: 'tut 1', done: 7, state: 'waiting', worker: null, secondsLeft: null }),
  job({ name: 'stu 2', done: 3, state: 'failed' }),
  job({ name: 'stu 3', loss: 1.25e-7, imagesPerSecond: 123456, worker: 'x'.repeat(60), secondsLeft: 360000 }),
];

describe('progressLine', () => {
  it('fits every width from 40 to 200 and tells name and count', () => {
    for (let width = 40; width <= 200; width++) {
      const layout = layoutLines(jobs, width);
      for (const one of jobs) {
        const line = progressLine(one, layout);
        expect([...line].length, `${width}: ${line}`).toBeLessThan(width);
        expect(line).toContain(one.name);
        if (one.state === 'running') expect(line).toContain(`${one.done}/${one.total}`);
      }
    }
  });

  it('shows more the wider it is, in a fixed order', () => {
    const at = (width: number) => progressLine(job(), layoutLines([job()], width));
    expect(at(30)).toBe('stu 0  ████░░░░░░░░░░░  12/40');
    expect(at(45)).toMatch(/12\/40 {2}left 1:02$/);
    expect(at(60)).toMatch(/left 1:02 +loss 0\.03124$/);
    expect(at(72)).toMatch(/loss 0\.03124 +1523 img\/s$/);
    expect(at(100)).toMatch(/1523 img\/s {2}trainer-1$/);
  });

  it('says what a member waits for, and what it had done', () => {
    const layout = layoutLines(jobs, 80);
    expect(progressLine(jobs[2]!, layout)).toBe('stu 1   waiting for a trainer');
    expect(progressLine(jobs[3]!, layout)).toMatch(/7\/40 {2}waiting for a trainer$/);
  });

  it('puts equal fields into the same columns', () => {
    const layout = layoutLines(jobs, 160);
    const columns = [jobs[0]!, jobs[5]!].map((one) =>
      [...progressLine(one, layout)].join('').indexOf('loss'),
    );
    expect(columns[0]).toBe(columns[1]);
  });
});

it('says who an other job waits for', () => {
  const one = job({ name: 'maps', done: 0, state: 'waiting', worker: null, waitsFor: 'a scorer' });
  expect(progressLine(one, layoutLines([one], 80))).toBe('maps  waiting for a scorer');
});

it('fills a bar only when all is done', () => {
  expect(bar(0, 5)).toBe('░░░░░');
  expect(bar(0.99, 5)).toBe('████░');
  expect(bar(1, 5)).toBe('█████');
});

it('tells a job as a sentence for logs', () => {
  expect(progressSentence(job())).toBe(
    'stu 0: epoch 12 of 40, loss 0.03124, on trainer-1, 1523 images/s, 1:02 left',
  );
  expect(progressSentence(jobs[1]!)).toBe('tut 10: finished in 1:02:03, loss 0.03124, on trainer-1');
  expect(progressSentence(jobs[2]!)).toBe('stu 1: waiting for a trainer');
});
