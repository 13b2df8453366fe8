import { BlockList, isIP } from 'node:net';
import type { HostPort } from '@ddad/contract';

/**
 * Whether a list like `localhost,.example.org,10.0.0.0/8,db:5432` names a place: by host, by domain (with or without a dot
 * before it, `*.` too), by address, by range of addresses; `*` names all.
 */
export function isListed(list: string, { host, port }: HostPort): boolean {
  const wanted = host.toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '') return false;
      if (entry === '*') return true;
      if (entry.includes('/')) return inRange(entry, wanted);
      const [, bracketed, bare, entryPort] =
        /^(?:\[(.*)\]|(.*?))(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
      if (entryPort !== undefined && Number(entryPort) !== port) return false;
      const name = (bracketed ?? bare ?? '').replace(/^\*?\./, '');
      return wanted === name || (isIP(wanted) === 0 && wanted.endsWith(`.${name}`));
    });
}

function inRange(range: string, host: string): boolean {
  const [network = '', digits = ''] = range.split('/');
  const [family, prefix] = [isIP(network), Number(digits)];
  if (family === 0 || family !== isIP(host) || !/^\d+$/.test(digits) || prefix > (family === 4 ? 32 : 128))
    return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
