import { canonicalJson } from './canonical-json.ts';
import { sha256Hex } from './sha256.ts';

/** Key of an artifact: SHA-256 (64 hexadecimal digits) of the canonical JSON of everything that decides it. */
export function artifactKey(spec: object): string {
  return sha256Hex(canonicalJson(spec));
}

/** What a seed is for. Without `|`, which parts the digested text. */
const seedLabel = /^[a-z][a-z0-9-]{0,40}$/;

/**
 * Seed of a member, a refiner or whatever else a method draws from, from 0 to 2^48 - 1: the first six bytes of SHA-256 over
 * `ddad-seed|runSeed|label|index`. So runs with other seeds share no member, and a larger K extends a smaller one.
 * @param label a letter, then up to 40 letters, digits and hyphens, lower case: a member's role, `refiner-dual`, `dropout`
 * @param index of the member within its role, from 0; where there is one thing of its label only, 0
 * @param retry how many of the seeds for the same thing diverged before; from the first on, `|retry|N` is digested as well
 * @throws RangeError on a label of another form, and on numbers that are no whole ones from 0 to 2^53 - 1
 */
export function seedOf(runSeed: number, label: string, index: number, retry = 0): number {
  if (!seedLabel.test(label)) {
    throw new RangeError(
      `seed label: expected a lower-case letter, then up to 40 lower-case letters, digits, "-", got ${JSON.stringify(label)}`,
    );
  }
  for (const [what, value] of Object.entries({ 'run seed': runSeed, index, retry })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RangeError(`${what}: expected an integer from 0, got ${value}`);
  }
  const digest = sha256Hex(`ddad-seed|${runSeed}|${label}|${index}${retry === 0 ? '' : `|retry|${retry}`}`);
  return Number.parseInt(digest.slice(0, 12), 16);
}
