import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fetchFile, type ObjectStore } from '@ddad/storage';
import { CommandFailure, exitCodes } from '../failure.ts';
import { findMember } from '../finished-members.ts';
import type { Screens } from '../screen.ts';

/**
 * `ddad export`: writes a finished member's weights as a safetensors file, verified against the manifest's digest.
 * @throws CommandFailure where the key is not one member's, or the file exists and `force` is not given
 */
export async function exportMember(
  deps: { store: ObjectStore; screens: Screens },
  options: { key: string; file: string; force?: boolean },
): Promise<void> {
  const { store, screens } = deps;
  if (!options.force && existsSync(options.file)) {
    throw new CommandFailure(`${options.file} exists; --force overwrites it`, exitCodes.badInput);
  }
  const { key, spec, manifest } = await findMember(store, options.key);
  await mkdir(dirname(options.file), { recursive: true });
  await fetchFile(store, manifest, 'weights', options.file);
  const { sha256, bytes } = manifest.files.weights!;
  screens.out.write(
    `wrote ${options.file}: ${spec.backbone} ${spec.role}, ${spec.epochs} epochs, ${bytes} bytes, ` +
      `SHA-256 ${sha256}\n  member ${key}\n`,
  );
}
