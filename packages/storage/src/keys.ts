import { createHash } from 'node:crypto';
import type { Role } from '@ddad/contract';
import { canonicalJson } from './canonical-json.ts';

/** Key of an artifact: SHA-256 (64 hexadecimal digits) of the canonical JSON of everything that decides it. */
export function artifactKey(spec: object): string {
  return createHash('sha256').update(canonicalJson(spec)).digest('hex');
}

/**
 * Seed of a member, of a refiner or of MC Dropout's passes, from 0 to 2^48 - 1: the first six bytes of SHA-256 over `ddad-seed|runSeed|role|index`.
 * So runs with other seeds share no member, and a larger K extends a smaller one.
 * @param index of the member within its role, from 0; of others 0.
 * @param retry how many of the member's seeds diverged before; from the first on, `|retry|N` is digested as well.
 */
export function memberSeed(
  runSeed: number,
  role: Role | 'refiner-dual' | 'refiner-intra' | 'dropout',
  index: number,
  retry = 0,
): number {
  if (!Number.isSafeInteger(runSeed) || runSeed < 0) {
    throw new RangeError(`run seed: expected an integer from 0, got ${runSeed}`);
  }
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(`member index: expected an integer from 0, got ${index}`);
  }
  if (!Number.isSafeInteger(retry) || retry < 0) {
    throw new RangeError(`retry: expected an integer from 0, got ${retry}`);
  }
  const label = `ddad-seed|${runSeed}|${role}|${index}${retry === 0 ? '' : `|retry|${retry}`}`;
  return createHash('sha256').update(label).digest().readUIntBE(0, 6);
}
