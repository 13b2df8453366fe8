import { z } from 'zod';

/** A place on a network. An IPv6 host stands without brackets here. */
export interface HostPort {
  host: string;
  port: number;
}

// A name or IPv4 address, or an IPv6 address (two colons at least) in brackets.
const pattern =
  /^(?:([A-Za-z0-9._-]{1,253})|\[((?=[^:\]]*:[^:\]]*:)[0-9A-Fa-f:.]{2,45})\]):(0|[1-9][0-9]{0,4})$/;

/** Reads host:port, an IPv6 host in brackets. @returns null where the text is something else */
export function parseHostPort(text: string): HostPort | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const [, name, ipv6, digits] = found;
  const host = name ?? ipv6;
  const port = Number(digits);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** The text of `parseHostPort`; a host that has its brackets already keeps them. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** host:port as text. Port 0 (any free one) makes sense for listening only. */
export const hostPortSchema = z
  .string()
  .regex(pattern, { error: 'expected host:port', abort: true })
  .refine((text) => parseHostPort(text) !== null, 'expected a port up to 65535');

/** Whether only this machine reaches a host: `localhost`, 127.0.0.0/8 or ::1, with or without brackets. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(bare);
}
