import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { here } from './places.ts';
import { addKernelCompiler } from './tensorflow-root.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ddad-images-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Content of a wheel, as Python's zipfile unpacks it: nothing may be executed. */
function unpacked(files: Record<string, string>): string {
  const wheel = join(directory, 'wheel');
  for (const [name, text] of Object.entries(files)) {
    const path = join(wheel, 'nvidia/cuda_nvcc', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o644 });
  }
  return wheel;
}

it('lays out an assembler that can be started and the library of device functions, where XLA_FLAGS says', () => {
  const wheel = unpacked({
    'bin/ptxas': '#!/bin/sh\necho assembled\n',
    'nvvm/libdevice/libdevice.10.bc': 'bitcode',
  });
  const image = join(directory, 'image');
  addKernelCompiler(wheel, image);
  const containerfile = readFileSync(join(here, 'Containerfile.service'), 'utf8');
  const place = /XLA_FLAGS=--xla_gpu_cuda_data_dir=(\S+)/.exec(containerfile)?.[1] ?? '';
  expect(execFileSync(join(image, place, 'bin/ptxas'), { encoding: 'utf8' })).toBe('assembled\n');
  expect(readFileSync(join(image, place, 'nvvm/libdevice/libdevice.10.bc'), 'utf8')).toBe('bitcode');
});

it('says what a wheel lacks', () => {
  const wheel = unpacked({ 'bin/ptxas': '' });
  expect(() => addKernelCompiler(wheel, join(directory, 'image'))).toThrow(
    'expected nvvm/libdevice/libdevice.10.bc, got none',
  );
});
