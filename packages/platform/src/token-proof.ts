import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Shows that whoever made it has the cluster's token, without saying it: HMAC-SHA256 of what is claimed, 32 bytes.
 * @param purpose tells proofs of one sort from those of every other
 * @param parts what is claimed; with their lengths, so that no two lists of parts read the same
 */
export function tokenProof(token: string, purpose: string, parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', token);
  for (const part of [purpose, ...parts]) {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.byteLength);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}

/** Whether two proofs are the same, in constant time. */
export function sameProof(shown: Uint8Array, expected: Uint8Array): boolean {
  return shown.byteLength === expected.byteLength && timingSafeEqual(shown, expected);
}
