import { type HostPort, isLoopbackHost } from '@ddad/contract';
import { z } from 'zod';
import { ConfigError } from './config.ts';
import { isListed } from './host-list.ts';

/** Variables that say through which HTTP proxy others are reached, as everywhere. Part of the shapes that need them. */
export const proxyShape = {
  http_proxy: z.string().optional(),
  HTTP_PROXY: z.string().optional(),
  https_proxy: z.string().optional(),
  HTTPS_PROXY: z.string().optional(),
  no_proxy: z.string().optional(),
  NO_PROXY: z.string().optional(),
};
export type ProxySettings = z.output<z.ZodObject<typeof proxyShape>>;

/** Variables to look at, in order. */
const variables = {
  http: ['http_proxy', 'HTTP_PROXY'],
  https: ['https_proxy', 'HTTPS_PROXY'],
  // As gRPC's own clients do, encrypted or not.
  grpc: ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
} as const;

/**
 * The HTTP proxy through which a place is reached.
 * @param how what is spoken there
 * @returns `http://[user:password@]host:port`; null where it is dialled directly: on loopback always, and where `no_proxy`
 *   says so
 * @throws ConfigError where the variable that counts names no HTTP proxy
 */
export function proxyFor(settings: ProxySettings, place: HostPort, how: keyof typeof variables): URL | null {
  if (isLoopbackHost(place.host)) return null;
  const path = variables[how].find((name) => settings[name]);
  const text = path === undefined ? undefined : settings[path];
  if (
    path === undefined ||
    text === undefined ||
    isListed(settings.no_proxy ?? settings.NO_PROXY ?? '', place)
  ) {
    return null;
  }
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.protocol !== 'http:' || url.hostname === '') {
    const got = url === null ? 'something else' : `a ${url.protocol.slice(0, -1)} URL`;
    throw new ConfigError([{ path, message: `expected http://host:port, got ${got}` }]);
  }
  return url;
}
