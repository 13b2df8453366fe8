import { lookup as lookupHost } from 'node:dns/promises';
import type { Logger } from '@ddad/platform';

export interface ScorersDeps {
  /** host:port. */
  address: string;
  /** Gets host:port of each, whenever they change. */
  onChange: (addresses: string[]) => void;
  logger: Logger;
  intervalMs?: number;
  /** Addresses of a host. */
  lookup?: (host: string) => Promise<{ address: string; family: number }[]>;
}

/**
 * Follows which scorers there are: all addresses that a name has, as a headless Service of Kubernetes gives them. While
 * the name cannot be resolved the last ones stand.
 * @returns after the first look, whether it succeeded or not
 */
export async function watchScorers(deps: ScorersDeps): Promise<{ close(): void }> {
  const { address, onChange, logger, intervalMs = 5_000 } = deps;
  const lookup = deps.lookup ?? ((host) => lookupHost(host, { all: true }));
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = address.slice(colon + 1);
  let known = '';
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    try {
      const found = await lookup(host);
      // A host with both kinds of address is one host.
      const v4 = found.filter(({ family }) => family === 4);
      const addresses = (v4.length > 0 ? v4 : found)
        .map((one) => (one.family === 6 ? `[${one.address}]:${port}` : `${one.address}:${port}`))
        .sort();
      if (failing) logger.info({ address }, 'the scorers are known again');
      failing = false;
      if (closed || addresses.join() === known) return;
      known = addresses.join();
      onChange(addresses);
    } catch (error) {
      if (!failing) logger.warn({ err: error, address }, 'the scorers cannot be looked up for now');
      failing = true;
    } finally {
      if (!closed) timer = setTimeout(look, intervalMs);
    }
  };
  await look();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
