import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

export { canonicalJson } from './canonical-json.ts';

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

export function artifactKey(spec: object): string {
  return sha256Hex(canonicalJson(spec));
}

export function seedOf(runSeed: number, label: string, index: number, retry = 0): number {
  const text = `ddad-seed|${runSeed}|${label}|${index}${retry === 0 ? '' : `|retry|${retry}`}`;
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}
