import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Why a request is refused, and with which HTTP status. */
export interface Refusal {
  status: number;
  reason: string;
  headers?: Record<string, string>;
}

/** The host of a request's Host header, which need not name a port, without the brackets of an IPv6 address. */
function hostOf(header: string): string {
  return header.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}

/**
 * Refuses what no reader's own browser asks. A page of another origin cannot read answers, as none allows it to; a name that
 * was made to point here (DNS rebinding) would make it this origin, so that only addresses, `localhost` and the name that the
 * server listens on are answered.
 * @param listening host of the server
 * @returns null where nothing is wrong
 */
export function refusalOf(request: IncomingMessage, listening: string): Refusal | null {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return {
      status: 405,
      reason: 'expected GET or HEAD: these pages are read-only',
      headers: { Allow: 'GET, HEAD' },
    };
  }
  const host = hostOf((headers.host ?? '').toLowerCase());
  if (isIP(host) === 0 && host !== 'localhost' && host !== listening.toLowerCase()) {
    return {
      status: 421,
      reason: 'expected a request to an address, to localhost, or to the name of this server',
    };
  }
  const site = headers['sec-fetch-site'];
  // Links from elsewhere may lead here; what a page of another origin loads by itself may not.
  const follows = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !follows) {
    return { status: 403, reason: 'expected a request of these pages themselves' };
  }
  return null;
}
