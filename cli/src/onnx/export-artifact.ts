import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MethodRegistry } from '@ddad/methods';
import { artifactFiles } from '@ddad/onnx/run';
import type { Manifest, ObjectStore } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';
import { onnxOf } from './onnx-of.ts';

/**
 * Writes one artifact as an ONNX model; the file appears only once it is whole.
 * @throws CommandFailure where its method exports none of its kind; NotExportable where it does, but not this one
 */
export async function exportArtifact(
  store: ObjectStore,
  methods: MethodRegistry,
  manifest: Manifest,
  file: string,
): Promise<void> {
  const { kind } = manifest;
  const method = methods.entryOfKind(kind)?.method.name;
  if (method === undefined) throw new CommandFailure(`kind ${kind}: no method brings it`);
  const onnx = await onnxOf(methods, method);
  if (!onnx.kinds.includes(kind)) {
    const kinds = onnx.kinds.length === 0 ? 'none' : onnx.kinds.join(', ');
    throw new CommandFailure(`kind ${kind}: expected one that method ${method} exports by itself (${kinds})`);
  }
  const directory = await mkdtemp(join(dirname(file), '.ddad-export-'));
  try {
    const part = join(directory, 'model.onnx');
    await writeFile(part, await onnx.artifact(manifest, artifactFiles(store, directory)));
    await rename(part, file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
