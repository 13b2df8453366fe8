import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKey, type RunResult } from '@ddad/contract';
import { mapScoresVersion, type OnnxExport } from '@ddad/onnx';
import { exportRun } from '@ddad/onnx/run';
import type { ObjectStore } from '@ddad/storage';
import { makeDirectory } from '../output-place.ts';

/** Of the digest, in a file's name. */
const shownDigits = 16;

/**
 * A run's exported scorer, which is kept: under the run's id and a digest over all that decides the file (`exportDigest`). What an
 * earlier version of the exporter left of the run goes.
 * @param directory where exported runs are kept
 * @param onExport told before the run is exported, which takes a while
 * @returns the file's path
 * @throws what `exportRun` does
 */
export async function exportedRun(
  store: () => Promise<ObjectStore>,
  onnx: OnnxExport,
  result: RunResult,
  directory: string,
  onExport: (file: string) => void,
): Promise<string> {
  const { runId } = result;
  const digest = exportDigest({ method: onnx.version, mapScores: mapScoresVersion }, result);
  const file = join(directory, `${runId}-${digest}.onnx`);
  if (existsSync(file)) return file;
  await makeDirectory(directory, 0o700);
  onExport(file);
  await exportRun(await store(), onnx, result, file);
  for (const name of await readdir(directory)) {
    if (isExported(runId, name) && !name.startsWith(`${runId}-${digest}.`)) {
      await rm(join(directory, name), { force: true });
    }
  }
  return file;
}

/**
 * All that decides a run's file.
 * @param versions of its method's exporter, and of what every file makes of maps
 */
export function exportDigest(versions: { method: number; mapScores: number }, result: RunResult): string {
  return artifactKey({ versions, result: plainJson(result) }).slice(0, shownDigits);
}

/** Whether a file is a run's exported scorer of any version; the first ones were called by the run's id alone. */
function isExported(runId: string, name: string): boolean {
  return name.startsWith(runId) && /^(-[0-9a-f]{16})?\.onnx(\.data)?$/.test(name.slice(runId.length));
}

/** Without fields that are undefined, which canonical JSON does not have. */
function plainJson(result: RunResult): object {
  return JSON.parse(JSON.stringify(result)) as object;
}
