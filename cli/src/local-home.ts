import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';

/** The local cluster's file with its addresses and credentials, in its home directory. */
const envFile = 'cluster.env';

/**
 * Finds the home of the local cluster: `DDAD_HOME`, else the nearest `.ddad/` upwards from where the command runs
 * that holds a cluster's addresses, else the checkout's own.
 * @param home value of DDAD_HOME; a relative one counts from `cwd`
 * @param checkout root of the checkout that the command lies in
 * @returns an absolute path, which need not exist yet
 */
export function findHome(home: string | undefined, cwd: string, checkout: string): string {
  if (home !== undefined && home !== '') return resolve(cwd, home);
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const candidate = join(directory, '.ddad');
    if (isFile(join(candidate, envFile))) return candidate;
    if (dirname(directory) === directory) return join(checkout, '.ddad');
  }
}

/** The variables that `cluster.env` of a home sets; empty where there is no such file. */
export function readClusterEnv(home: string): Record<string, string> {
  try {
    const values: Record<string, string> = {};
    for (const [key, value] of Object.entries(parseEnv(readFileSync(join(home, envFile), 'utf8')))) {
      if (value !== undefined) values[key] = value;
    }
    return values;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
