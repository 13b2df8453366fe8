import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

interface LockedPackage {
  resolved?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  devDependencies?: Record<string, string>;
}

/** A lock file as far as it is read here: packages by their places below the root. */
export interface Lock {
  packages: Record<string, LockedPackage>;
}

/**
 * Places in node_modules of the packages that workspaces need at run time. npm itself, asked for a workspace without what
 * is for development, also installs what other workspaces need that it uses for development.
 * @param workspaces paths
 */
export function neededPackages({ packages }: Lock, workspaces: readonly string[]): Set<string> {
  const needed = new Set<string>();
  const queue = [...workspaces];
  const seen = new Set(queue);
  for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
      packages[place] ?? {};
    // Who wants what an optional one is for has it among its own.
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (name) => peerDependenciesMeta?.[name]?.optional !== true,
    );
    for (const name of [...peers, ...Object.keys({ ...optionalDependencies, ...dependencies })]) {
      const found = resolve(packages, place, name);
      // An optional one for another platform is not there.
      if (found === null) continue;
      needed.add(found);
      const { link, resolved } = packages[found]!;
      const target = link === true ? resolved! : found;
      if (seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return needed;
}

/** Removes from node_modules what is not among the needed, and from the list of what is there. */
export function removeUnneeded(lock: Lock, needed: ReadonlySet<string>, root: string): void {
  for (const place of Object.keys(lock.packages)) {
    if (!place.startsWith('node_modules/') || needed.has(place)) continue;
    delete lock.packages[place];
    // One that is needed may lie inside.
    if ([...needed].some((other) => other.startsWith(`${place}/`))) continue;
    rmSync(join(root, place), { recursive: true, force: true });
    const scope = join(root, dirname(place));
    // It may be gone with the package around it.
    if (basename(scope).startsWith('@') && existsSync(scope) && readdirSync(scope).length === 0)
      rmdirSync(scope);
  }
}

/** As Node looks for a package: in the nearest node_modules upwards. */
function resolve(packages: Lock['packages'], from: string, name: string): string | null {
  const parts = from.split('/');
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const candidate = [...parts.slice(0, depth), 'node_modules', name].join('/');
    if (candidate in packages) return candidate;
  }
  return null;
}
