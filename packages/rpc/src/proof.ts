import { tokenProof } from '@ddad/platform';

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
  return tokenProof(token, 'ddad.v1 server', [address, session, nonce]);
}

/** The same for a caller's. */
export function callerProof(token: string, { address, session, path }: CallerClaim): Buffer {
  return tokenProof(token, 'ddad.v1 caller', [address, session, path]);
}
