import type { ArtifactListing, KindDefinition } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import pLimit from 'p-limit';
import { CommandFailure, exitCodes } from './failure.ts';

/** A kind whose finished artifacts are listed. */
export type ListedKind = KindDefinition & { listing: ArtifactListing };

/** A finished artifact of such a kind, as the store holds it. */
export interface FinishedMember {
  kind: ListedKind;
  manifest: Manifest;
}

const suffix = '/manifest.json';
/** A few at a time: a store of thousands of members should not get thousands of calls at once. */
const readAtOnce = 16;

/** Kinds whose finished artifacts are listed, of every method. */
export function listedKinds(methods: MethodRegistry): ListedKind[] {
  return methods.kinds.filter((kind): kind is ListedKind => kind.listing !== undefined);
}

/** A kind and the keys of its finished artifacts that start with `prefix`. */
async function finishedKeys(
  store: ObjectStore,
  methods: MethodRegistry,
  prefix: string,
): Promise<{ kind: ListedKind; key: string }[]> {
  const found = await Promise.all(
    listedKinds(methods).map(async (kind) => {
      const entries = await store.list(`${kind.kind}/${prefix}`);
      return entries.flatMap(({ key }) =>
        key.endsWith(suffix) ? [{ kind, key: key.slice(kind.kind.length + 1, -suffix.length) }] : [],
      );
    }),
  );
  return found.flat();
}

/** All finished members, the newest first. */
export async function listMembers(store: ObjectStore, methods: MethodRegistry): Promise<FinishedMember[]> {
  const keys = await finishedKeys(store, methods, '');
  const found = await pLimit(readAtOnce).map(keys, async ({ kind, key }) => {
    const manifest = await readManifest(store, kind.kind, key);
    return manifest === null ? [] : [{ kind, manifest }];
  });
  return found.flat().sort((a, b) => b.manifest.finishedAt.localeCompare(a.manifest.finishedAt));
}

/**
 * The finished member that a key, or the beginning of one, means.
 * @throws CommandFailure where it means none or several
 */
export async function findMember(
  store: ObjectStore,
  methods: MethodRegistry,
  prefix: string,
): Promise<FinishedMember> {
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) {
    throw new CommandFailure(
      `MEMBER_KEY: expected 4 to 64 hexadecimal digits (the beginning of a key is enough), got "${prefix}"`,
      exitCodes.badInput,
    );
  }
  const found = await finishedKeys(store, methods, prefix);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) {
    const manifest = await readManifest(store, first.kind.kind, first.key);
    if (manifest !== null) return { kind: first.kind, manifest };
  }
  const shown = found.slice(0, 5).map(({ key }) => `\n  ${key}`);
  throw new CommandFailure(
    others.length === 0
      ? `no finished member has a key that starts with ${prefix}; "npx ddad members" lists them`
      : `${found.length} members have a key that starts with ${prefix}, expected one:${shown.join('')}`,
    exitCodes.badInput,
  );
}
