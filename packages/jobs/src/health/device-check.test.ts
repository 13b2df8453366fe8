import { tensorflowEnvironment } from '@ddad/compute/environment';
import { expect, test } from 'vitest';
import { deviceCheck } from './device-check.ts';

const { signal } = new AbortController();
const entry = new URL('./device-trial.testing.ts', import.meta.url);
const check = (trial: string, limitMs?: number, until = signal) =>
  deviceCheck({
    entry,
    environment: { TRIAL: trial },
    ...(limitMs === undefined ? {} : { limitMs }),
  }).check(until);

test('a device that computes is fine', async () => {
  expect(await check('computes')).toBeNull();
});

test('one that does not is named with what its process said last', async () => {
  expect(await check('fails')).toBe(
    'device: a trial computation in a process of its own ended with code 1: CUDA_ERROR_ECC_UNCORRECTABLE',
  );
});

test('one that hangs is killed', async () => {
  expect(await check('hangs', 1000)).toBe(
    'device: a trial computation in a process of its own did not end within 1 s',
  );
});

test('nobody is told of a trial that is called off', async () => {
  const over = new AbortController();
  const checking = check('hangs', 60_000, over.signal);
  over.abort();
  expect(await checking).toBeNull();
});

test('TensorFlow computes here', async () => {
  const trial = deviceCheck({
    entry: new URL(import.meta.resolve('@ddad/compute/try-device')),
    environment: tensorflowEnvironment(1),
  });
  expect(await trial.check(signal)).toBeNull();
}, 120_000);
