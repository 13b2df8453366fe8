import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { backend } from '@ddad/compute';
import { expect, it } from 'vitest';

it.skipIf(backend().isUsingGpuDevice)(
  'the check says what is missing where there is no GPU',
  async () => {
    const { promise, resolve } = Promise.withResolvers<{ code: unknown; stderr: string }>();
    execFile(process.execPath, [join(import.meta.dirname, 'gpu-check.ts')], (error, _stdout, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
    const { code, stderr } = await promise;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^No GPU: .*CUDA/m);
  },
  120_000,
);
