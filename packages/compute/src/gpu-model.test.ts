import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gpuDriver, gpuModel } from './gpu-model.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ddad-gpu-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

it("reads model and driver's version as NVIDIA's driver tells them", () => {
  // The form of /proc/driver/nvidia, of its README.
  const gpu = join(directory, 'gpus', '0000:19:00.0');
  mkdirSync(gpu, { recursive: true });
  writeFileSync(join(gpu, 'information'), 'Model: \t\t NVIDIA H200\nIRQ:   \t\t 500\n');
  const version = join(directory, 'version');
  writeFileSync(
    version,
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder@U22)\nGCC version:  gcc version 12.3.0\n',
  );
  expect(gpuModel(join(directory, 'gpus'))).toBe('NVIDIA H200');
  expect(gpuDriver(version)).toBe('570.86.15');
});

it('knows none where there is no driver', () => {
  expect(gpuModel(join(directory, 'none'))).toBeNull();
  expect(gpuDriver(join(directory, 'none'))).toBeNull();
});
