import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { descriptorCheck } from './descriptor-check.ts';

const { signal } = new AbortController();
const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\n` +
  `Max open files            ${soft}                 524288               files\n`;
const check = (soft: string, open: number, slots = 1) =>
  descriptorCheck({ slots, readLimits: async () => limits(soft), countOpen: async () => open }).check(signal);

test('a job at a time needs 48 free descriptors, and 16 each more', async () => {
  expect(await check('100', 52)).toBeNull();
  expect(await check('100', 53)).toBe('file descriptors: expected 48 free, got 47 of 100 (ulimit -n)');
  expect(await check('100', 52, 2)).toMatch('expected 64 free, got 48');
  expect(await check('unlimited', 1_000_000)).toBeNull();
});

test('where there is none to count them with, that is said; where there is no /proc, nothing', async () => {
  const failing = (code: string) =>
    descriptorCheck({
      slots: 1,
      readLimits: () => Promise.reject(Object.assign(new Error(code), { code })),
    }).check(signal);
  expect(await failing('EMFILE')).toBe('file descriptors: none is free (ulimit -n)');
  expect(await failing('ENOENT')).toBeNull();
  await expect(failing('EACCES')).rejects.toThrow('EACCES');
});

test('a real process under ulimit -n finds out, and this one has enough', async () => {
  const script =
    `import { descriptorCheck } from ${JSON.stringify(import.meta.resolve('./descriptor-check.ts'))};\n` +
    'console.log(await descriptorCheck({ slots: 1 }).check(new AbortController().signal));';
  const node = [process.execPath, '--input-type=module', '--eval', script];
  // Without what other tests' libraries left open in this process, which they share.
  const alone = 'for n in $(ls /proc/$$/fd); do ((n < 3)) || exec {n}>&-; done';
  const limited = `${alone}; ulimit -n 40; exec "$@"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', limited, 'bash', ...node]);
  expect(stdout).toMatch(/^file descriptors: expected 48 free, got \d+ of 40/);
  expect(await descriptorCheck({ slots: 1 }).check(signal)).toBeNull();
});
