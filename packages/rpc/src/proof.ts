import { createHmac, timingSafeEqual } from 'node:crypto';

/** Length of nonces and sessions, in bytes. */
export const nonceBytes = 32;

/** What a server proves: that it has the token, is reached at this address, and heard this nonce. */
export interface ServerClaim {
  /** host:port as the caller dials it. */
  address: string;
  session: Uint8Array;
  nonce: Uint8Array;
}

/** What a caller proves: that it has the token and means this method of the process at this address. */
export interface CallerClaim {
  address: string;
  session: Uint8Array;
  /** `/ddad.v1.WorkerService/Make` */
  path: string;
}

/** HMAC-SHA256 of a server's claim by the cluster's token, 32 bytes. */
export function serverProof(token: string, { address, session, nonce }: ServerClaim): Buffer {
  return mac(token, 'ddad.v1 server', [address, session, nonce]);
}

/** The same for a caller's. */
export function callerProof(token: string, { address, session, path }: CallerClaim): Buffer {
  return mac(token, 'ddad.v1 caller', [address, session, path]);
}

/** Whether two proofs are the same, in constant time. */
export function sameProof(shown: Uint8Array, expected: Uint8Array): boolean {
  return shown.byteLength === expected.byteLength && timingSafeEqual(shown, expected);
}

function mac(token: string, purpose: string, parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', token);
  for (const part of [purpose, ...parts]) {
    const bytes = Buffer.from(part);
    // With their lengths, so that no two lists of parts read the same.
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.byteLength);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}
