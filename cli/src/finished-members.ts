import type { MemberSpec } from '@ddad/contract';
import { type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import { CommandFailure, exitCodes } from './failure.ts';

/** A finished member as the store holds it. */
export interface FinishedMember {
  key: string;
  spec: MemberSpec;
  manifest: Manifest;
}

const suffix = '/manifest.json';

/** Keys of the finished members whose key starts with `prefix`. */
async function finishedKeys(store: ObjectStore, prefix: string): Promise<string[]> {
  const entries = await store.list(`members/${prefix}`);
  return entries
    .map(({ key }) => key)
    .filter((key) => key.endsWith(suffix))
    .map((key) => key.slice('members/'.length, -suffix.length));
}

/** All finished members, the newest first. */
export async function listMembers(store: ObjectStore): Promise<FinishedMember[]> {
  const keys = await finishedKeys(store, '');
  const members: FinishedMember[] = [];
  // A few at a time: a store of thousands of members should not get thousands of calls at once.
  for (let i = 0; i < keys.length; i += 16) {
    const manifests = await Promise.all(
      keys.slice(i, i + 16).map((key) => readManifest(store, 'members', key)),
    );
    for (const manifest of manifests) {
      if (manifest !== null) members.push({ key: manifest.key, spec: manifest.spec as MemberSpec, manifest });
    }
  }
  return members.sort((a, b) => b.manifest.finishedAt.localeCompare(a.manifest.finishedAt));
}

/**
 * The finished member that a key, or the beginning of one, means.
 * @throws CommandFailure where it means none or several
 */
export async function findMember(store: ObjectStore, prefix: string): Promise<FinishedMember> {
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) {
    throw new CommandFailure(
      `MEMBER_KEY: expected 4 to 64 hexadecimal digits (the beginning of a key is enough), got "${prefix}"`,
      exitCodes.badInput,
    );
  }
  const keys = await finishedKeys(store, prefix);
  const manifest = keys.length === 1 ? await readManifest(store, 'members', keys[0]!) : null;
  if (manifest !== null) return { key: manifest.key, spec: manifest.spec as MemberSpec, manifest };
  const shown = keys.slice(0, 5).map((key) => `\n  ${key}`);
  throw new CommandFailure(
    keys.length === 0
      ? `no finished member has a key that starts with ${prefix}; "npx ddad members" lists them`
      : `${keys.length} members have a key that starts with ${prefix}, expected one:${shown.join('')}`,
    exitCodes.badInput,
  );
}
