import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandFailure, exitCodes } from './failure.ts';
import { makeDirectory, tryDirectory, tryFile } from './output-place.ts';
import { runCli } from './program.ts';
import { recordedScreens } from './screens-for-tests.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-output-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function refused(trial: Promise<unknown>): Promise<string> {
  const error: unknown = await trial.catch((reason: unknown) => reason);
  if (!(error instanceof CommandFailure)) throw error;
  expect(error.exitCode).toBe(exitCodes.badInput);
  return error.message;
}

test('a directory is made, with those above it, and nothing is left in it', async () => {
  const place = join(directory, 'a', 'b');
  await tryDirectory('--out', place);
  expect(await readdir(place)).toEqual([]);
  // Once more, and beside somebody who does the same.
  await Promise.all([
    tryDirectory('--out', place),
    makeDirectory(join(place, 'c')),
    makeDirectory(join(place, 'c')),
  ]);
  expect(await readdir(place)).toEqual(['c']);
  await tryFile('--out', join(directory, 'new', 'page.html'));
  expect(await readdir(join(directory, 'new'))).toEqual([]);
});

test('what takes no files is named, with why', async () => {
  const file = join(directory, 'file');
  await writeFile(file, 'of somebody');
  expect(await refused(tryDirectory('--out', file))).toMatch(
    /^--out .*file: expected a directory that files can be written to, got ENOTDIR/,
  );
  expect(await refused(tryDirectory('--out', join(file, 'below')))).toContain('ENOTDIR');
  expect(await refused(tryDirectory('--out', '/proc/x'))).toContain('ENOENT');
  expect(await refused(tryDirectory('--out', '/proc/x/y/z'))).toContain('ENOENT');
  expect(await refused(tryFile('--out', '/proc/x/page.html'))).toContain('ENOENT');
  await mkdir(join(directory, 'page.html'));
  expect(await refused(tryFile('--out', join(directory, 'page.html')))).toMatch(
    /expected a file that can be written, got a directory/,
  );
  expect((await stat(file)).size).toBe('of somebody'.length);
});

test.each([
  [['run', '--dataset', 'brain', '--out', '/proc/x']],
  [['experiment', 'experiment.json', '--out', '/proc/x']],
  [['score', 'model.onnx', 'image.png', '--out', '/proc/x']],
  [['score', 'model.onnx', 'image.png', '--dicom', '/proc/x']],
])('%j ends at once, before anything is asked of a cluster', async (args) => {
  const input = join(directory, 'experiment.json');
  await writeFile(input, JSON.stringify({ base: { dataset: 'brain' } }));
  const screens = recordedScreens();
  const code = await runCli(
    args.map((one) => (one === 'experiment.json' ? input : one)),
    { screens, environment: {}, cwd: directory, checkout: directory, onSignal: () => () => {} },
  );
  expect(screens.err.text()).toMatch(
    /^error: --(out|dicom) \/proc\/x: expected a directory that files can be written to, got ENOENT/,
  );
  expect(code).toBe(exitCodes.badInput);
});
