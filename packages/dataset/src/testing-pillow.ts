import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from './phantom.ts';
import { brainFolder } from './testing.ts';

/** The Python with the references that tests compare with. */
export function testPython(): string {
  const python = process.env.DDAD_TEST_PYTHON;
  if (python === undefined || python === '') {
    throw new Error(
      'expected DDAD_TEST_PYTHON to name a Python with numpy and Pillow: run `make test`, which sets it',
    );
  }
  return python;
}

/**
 * Runs a Python script with Pillow and numpy.
 * @param parameters reach the script as `sys.argv[1:]`
 * @returns what it prints
 */
export function runPillow(script: string, ...parameters: string[]): string {
  return execFileSync(testPython(), ['-c', script, ...parameters], { encoding: 'utf8', timeout: 60_000 });
}

/** A folder for one test file and the function that removes it. */
export function scratchFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'ddad-dataset-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Paths of `count` images spread over the benchmark, or of phantom slices written into `scratch`. */
export async function sampleImages(count: number, scratch: string): Promise<string[]> {
  let dir = brainFolder();
  if (dir === null) {
    dir = scratch;
    await writePhantom(dir, {
      seed: 5,
      train: count,
      unlabeledNormal: 0,
      unlabeledAbnormal: 0,
      testNormal: 0,
      testAbnormal: 0,
    });
  }
  const names = readdirSync(join(dir, 'images')).sort();
  return Array.from({ length: count }, (_, i) =>
    join(dir, 'images', names[Math.floor((i * names.length) / count)]!),
  );
}
