import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { memberModel } from '@ddad/onnx';
import { decodeSafetensors, fetchFile, type ObjectStore } from '@ddad/storage';
import { CommandFailure, exitCodes } from '../failure.ts';
import { type FinishedMember, findMember } from '../finished-members.ts';
import { exportRun } from '../onnx/export-run.ts';
import type { Screens } from '../screen.ts';

interface ExportDeps {
  store: ObjectStore;
  screens: Screens;
}

/**
 * `ddad export`: writes a finished member's weights as a safetensors file, or the member as an ONNX model where the file is
 * called so; verified against the manifest's digest.
 * @throws CommandFailure where the key is not one member's, or the file exists and `force` is not given
 */
export async function exportMember(
  deps: ExportDeps,
  options: { key: string; file: string; force?: boolean },
): Promise<void> {
  const { store, screens } = deps;
  await prepare(options);
  const member = await findMember(store, options.key);
  const { key, spec, manifest } = member;
  const { sha256, bytes } = manifest.files.weights!;
  if (isOnnx(options.file)) await writeOnnx(store, member, options.file);
  else await fetchFile(store, manifest, 'weights', options.file);
  const weights = isOnnx(options.file) ? 'weights of ' : '';
  screens.out.write(
    `wrote ${options.file}: ${spec.backbone} ${spec.role}, ${spec.epochs} epochs, ${weights}${bytes} bytes, ` +
      `SHA-256 ${sha256}\n  member ${key}\n`,
  );
}

/**
 * `ddad export --run`: writes a finished run's whole scorer as an ONNX model.
 * @throws CommandFailure where the file is not called so, or exists and `force` is not given
 */
export async function exportPipeline(
  deps: ExportDeps,
  options: { result: () => Promise<RunResult>; file: string; force?: boolean },
): Promise<void> {
  const { store, screens } = deps;
  if (!isOnnx(options.file)) {
    throw new CommandFailure(
      `${options.file}: expected FILE.onnx: a run is exported as ONNX`,
      exitCodes.badInput,
    );
  }
  await prepare(options);
  const { facts, files } = await exportRun(store, await options.result(), options.file);
  const { ndm, udm } = facts.members;
  screens.out.write(
    `wrote ${files.join(' and ')}: ${facts.backbone}, ${ndm.length} ndm and ${udm.length} udm members, ASR-Net; ` +
      `images [N,1,${facts.imageSize},${facts.imageSize}] as unsigned bytes in, scores and heat maps out\n`,
  );
}

const isOnnx = (file: string) => extname(file) === '.onnx';

async function prepare({ file, force }: { file: string; force?: boolean }): Promise<void> {
  if (!force && existsSync(file)) {
    throw new CommandFailure(`${file} exists; --force overwrites it`, exitCodes.badInput);
  }
  await mkdir(dirname(file), { recursive: true });
}

async function writeOnnx(
  store: ObjectStore,
  { key, spec, manifest }: FinishedMember,
  file: string,
): Promise<void> {
  const directory = await mkdtemp(join(dirname(file), '.ddad-export-'));
  try {
    const weights = join(directory, 'weights.safetensors');
    await fetchFile(store, manifest, 'weights', weights);
    const { tensors } = decodeSafetensors(await readFile(weights));
    const { backbone, imageSize } = spec;
    const part = join(directory, 'member.onnx');
    await writeFile(part, memberModel({ format: 1, kind: 'member', key, backbone, imageSize }, tensors));
    await rename(part, file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
