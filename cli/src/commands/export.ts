import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { exportRun } from '@ddad/onnx/run';
import { fetchFile, type ObjectStore } from '@ddad/storage';
import { CommandFailure, exitCodes } from '../failure.ts';
import { findMember } from '../finished-members.ts';
import { exportArtifact } from '../onnx/export-artifact.ts';
import { onnxOf } from '../onnx/onnx-of.ts';
import { tryFile } from '../output-place.ts';
import type { Screens } from '../screen.ts';

interface ExportDeps {
  store: ObjectStore;
  methods: MethodRegistry;
  screens: Screens;
}

/** What `--json` says of an export: of a member by its key, of a run by Temporal's run id. */
export interface ExportedFiles {
  files: readonly string[];
  member?: string;
  runId?: string;
  imageSize?: number;
}

/**
 * `ddad export`: writes a finished member's weights as a safetensors file, or the member as an ONNX model where the file is
 * called so; verified against the manifest's digest.
 * @throws CommandFailure where the key is not one member's, the file exists and `force` is not given, or the member's method
 * exports none
 */
export async function exportMember(
  { store, methods, screens }: ExportDeps,
  options: { key: string; file: string; force?: boolean },
): Promise<ExportedFiles> {
  await prepare(options);
  const { kind, manifest } = await findMember(store, methods, options.key);
  const { weights: file } = manifest.files;
  if (file === undefined) {
    const names = Object.keys(manifest.files).join(', ');
    throw new CommandFailure(`${kind.kind} ${manifest.key}: expected a file weights, got ${names}`);
  }
  const onnx = isOnnx(options.file);
  if (onnx) await exportArtifact(store, methods, manifest, options.file);
  else await fetchFile(store, manifest, 'weights', options.file);
  screens.out.write(
    `wrote ${options.file}: ${kind.listing.describe(manifest.spec)}, ${onnx ? 'weights of ' : ''}${file.bytes} bytes, ` +
      `SHA-256 ${file.sha256}\n  member ${manifest.key}\n`,
  );
  return { files: [options.file], member: manifest.key };
}

/**
 * `ddad export --run`: writes a finished run's whole scorer as an ONNX model.
 * @throws CommandFailure where the file is not called so, exists and `force` is not given, or the run's method exports none
 */
export async function exportPipeline(
  { store, methods, screens }: ExportDeps,
  options: { result: () => Promise<RunResult>; file: string; force?: boolean },
): Promise<ExportedFiles> {
  if (!isOnnx(options.file)) {
    throw new CommandFailure(
      `${options.file}: expected FILE.onnx: a run is exported as ONNX`,
      exitCodes.badInput,
    );
  }
  await prepare(options);
  const result = await options.result();
  const onnx = await onnxOf(methods, result.method);
  const { parts, imageSize, files } = await exportRun(store, onnx, result, options.file);
  screens.out.write(
    `wrote ${files.join(' and ')}: ${parts}; ` +
      `images [N,1,${imageSize},${imageSize}] as unsigned bytes in, scores and heat maps out\n`,
  );
  return { files, runId: result.runId, imageSize };
}

const isOnnx = (file: string) => extname(file) === '.onnx';

async function prepare({ file, force }: { file: string; force?: boolean }): Promise<void> {
  if (!force && existsSync(file)) {
    throw new CommandFailure(`${file} exists; --force overwrites it`, exitCodes.badInput);
  }
  await tryFile('FILE', file);
}
