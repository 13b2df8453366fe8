import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json.ts';

// Not node:crypto: workflow code has none.

/** SHA-256 (64 hexadecimal digits) of bytes, or of a text's UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return bytesToHex(digestOf(data));
}

/** Key of an artifact: SHA-256 of the canonical JSON of everything that decides it. */
export function artifactKey(spec: object): string {
  return sha256Hex(canonicalJson(spec));
}

/**
 * A derived seed, from 0 to 2^48 - 1: the first six bytes of SHA-256 over `ddad-seed|runSeed|label|index`. So runs with
 * other seeds share nothing, and a larger ensemble extends a smaller one.
 * @param label what it is the seed of: a role, or another name that its method gives
 * @param index among those of the label, from 0
 * @param retry how many of its seeds diverged before; from the first on, `|retry|N` is digested as well
 */
export function seedOf(runSeed: number, label: string, index: number, retry = 0): number {
  for (const [name, value] of Object.entries({ 'run seed': runSeed, index, retry })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RangeError(`${name}: expected an integer from 0, got ${value}`);
  }
  const text = `ddad-seed|${runSeed}|${label}|${index}${retry === 0 ? '' : `|retry|${retry}`}`;
  return digestOf(text)
    .subarray(0, 6)
    .reduce((value, byte) => value * 256 + byte, 0);
}

function digestOf(data: string | Uint8Array): Uint8Array {
  return sha256(typeof data === 'string' ? utf8ToBytes(data) : data);
}
