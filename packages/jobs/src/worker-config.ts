import { hostname } from 'node:os';
import { formatHostPort, hostPortSchema, parseHostPort, workerIdSchema } from '@ddad/contract';
import { ConfigError } from '@ddad/platform';
import { z } from 'zod';

/**
 * Name under which a worker announces itself; no two instances that are there at once share one. An instance that is
 * started again under its name cleans up what the one before it left in scratch.
 */
export const workerIdSetting = workerIdSchema.default(() => {
  const host = hostname().slice(0, 90);
  return `${host.replace(/[^A-Za-z0-9_-]/g, '-')}-${Math.random().toString(36).slice(2, 8)}`;
});

/** Host under which others reach a worker, where that is not the one it listens on. An IPv6 address may have brackets. */
export const advertiseSetting = z
  .string()
  .refine(
    (host) => hostPortSchema.safeParse(formatHostPort({ host, port: 1 })).success,
    'expected a host without port',
  )
  .optional();

/** Hosts that mean every interface of the machine: nobody can dial them. */
const everyInterface: readonly string[] = ['0.0.0.0', '::'];

/**
 * The host under which others reach a server.
 * @param listen host:port that it listens on
 * @param advertised the host that was set, under the name `setting`
 * @throws ConfigError where it listens on every interface and nothing was set
 */
export function advertisedHost(listen: string, advertised: string | undefined, setting: string): string {
  const host = parseHostPort(listen)?.host ?? listen;
  if (advertised === undefined && everyInterface.includes(host)) {
    const message = `expected the host under which others reach what listens on ${listen}, got nothing`;
    throw new ConfigError([{ path: setting, message }]);
  }
  return advertised ?? host;
}
