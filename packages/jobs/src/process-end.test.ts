import { expect, test } from 'vitest';
import type { MemoryKills } from './memory-kills.ts';
import { describeEnd } from './process-end.ts';

const of = (count: number, kind: MemoryKills['of'] = 'cgroup'): MemoryKills => ({ of: kind, count });
const ended = (signal: NodeJS.Signals | null, more: Partial<Parameters<typeof describeEnd>[0]> = {}) =>
  describeEnd({
    code: signal === null ? 3 : null,
    signal,
    stderr: '',
    killsBefore: of(1),
    killsAfter: of(1),
    ...more,
  });

test.each([
  [of(1), of(2), 'the kernel, as memory ran out: it counts a process of the worker'],
  [of(1, 'machine'), of(2, 'machine'), 'the kernel, as memory ran out: it counts a process of this machine'],
  [of(1), of(1), 'somebody (kill -9, or whoever runs the container): the kernel counts none'],
  [null, null, 'the kernel, as memory ran out, or somebody (kill -9)'],
  [of(1), of(7, 'machine'), 'the kernel, as memory ran out, or somebody (kill -9)'],
])('SIGKILL while the kernel counted %j, then %j', (killsBefore, killsAfter, cause) => {
  expect(ended('SIGKILL', { killsBefore, killsAfter })).toContain(
    `the job's process was ended by signal SIGKILL; likely cause: ${cause}`,
  );
});

test('other signals have causes of their own', () => {
  const stderr = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
  expect(ended('SIGABRT', { stderr })).toMatch(/SIGABRT; likely cause: the memory that Node allows itself/);
  expect(ended('SIGABRT')).toMatch(/a check in TensorFlow or Node failed/);
  expect(ended('SIGSEGV')).toMatch(/native code/);
  expect(ended('SIGILL')).toMatch(/another processor/);
  expect(ended('SIGBUS')).toMatch(/disk is full/);
  expect(ended('SIGTERM')).toMatch(/somebody ended it/);
});

test('what it wrote is not repeated: it may name images', () => {
  expect(ended(null, { stderr: 'patient-17.png' })).toBe("the job's process ended early with code 3");
  expect(ended('SIGABRT', { stderr: 'patient-17.png' })).not.toContain('patient');
});
