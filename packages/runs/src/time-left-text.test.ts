import { expect, it } from 'vitest';
import { type RunLeft, runLeftForms } from './time-left-text.ts';

const inSeconds = (seconds: number) => `${seconds} s`;
const training: RunLeft = {
  within: 'training',
  wholeLeft: { seconds: 250, atLeast: false },
  jobs: [{ state: 'running' }],
};

it('tells of a whole run in fewer and fewer words, and that it is a bound in all of them', () => {
  expect(runLeftForms(training, inSeconds)).toEqual(['about 250 s left', '250 s left', '250 s']);
  const bound = { ...training, wholeLeft: { seconds: 250, atLeast: true } };
  expect(runLeftForms(bound, inSeconds)).toEqual(['more than 250 s left', '>250 s left', '>250 s']);
  expect(runLeftForms({ ...training, wholeLeft: null }, inSeconds).at(-1)).toBe('?');
});

it('tells nothing of a run that is planned, over, or cancelled', () => {
  for (const within of ['planning', 'finished'])
    expect(runLeftForms({ ...training, within }, inSeconds)).toEqual([]);
  expect(runLeftForms({ ...training, jobs: [{ state: 'cancelled' }] }, inSeconds)).toEqual([]);
});
