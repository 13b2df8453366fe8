import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { expect, it } from 'vitest';

// TensorFlow reads the number of threads when it loads: a process each.
it.each([1, 2, 4])(
  'training on %i threads gives the same bytes again',
  async (threads) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, 'threads-entry.testing.ts')],
      { env: { ...process.env, ...tensorflowEnvironment(threads) }, timeout: 170_000 },
    );
    const digests: [string, string][] = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    expect(digests).toHaveLength(4);
    for (const [first, again] of digests) expect(again).toBe(first);
    // Four different trainings.
    expect(new Set(digests.flat()).size).toBe(4);
  },
  180_000,
);
