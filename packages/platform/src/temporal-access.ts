import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type Fault, parseHostPort } from '@ddad/contract';
import type { z } from 'zod';
import { ConfigError } from './config.ts';
import type { temporalShape } from './config-shapes.ts';
import { proxyFor } from './proxy.ts';

/** How to reach Temporal, as both of its clients (`Connection` and `NativeConnection`) take it. */
export interface TemporalAccess {
  /** host:port */
  address: string;
  /** Absent: neither encrypted nor verified. Files in PEM format. */
  tls?: {
    /** Name in the server's certificate; absent: the host that is dialled. */
    serverNameOverride?: string;
    /** Absent: the authorities that the system trusts. */
    serverRootCACertificate?: Buffer;
    /** Ours, where the server asks for one. */
    clientCertPair?: { crt: Buffer; key: Buffer };
  };
  apiKey?: string;
  /** Absent: it is dialled directly. */
  proxy?: {
    type: 'http-connect';
    /** host:port */
    targetHost: string;
    basicAuth?: { username: string; password: string };
  };
}

type TemporalSettings = z.output<z.ZodObject<typeof temporalShape>>;

/**
 * Brings the settings of `temporalShape` together. The connection is encrypted as soon as one of them but the address is
 * set: an API key never travels in the clear.
 * @throws ConfigError where certificate and key are not both there, or do not fit together, or a variable for proxies counts
 *   and names none
 */
export function temporalAccess(settings: TemporalSettings): TemporalAccess {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey } = settings;
  const way = { address, ...proxyTo(settings) };
  const { TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_CA: ca } = settings;
  const { TEMPORAL_TLS_SERVER_NAME: serverName } = settings;
  if ([cert, key, ca, serverName, apiKey].every((value) => value === undefined)) return way;
  const faults: Fault[] = [];
  for (const path of ['TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY'] as const) {
    if ((cert === undefined) === (key === undefined) || settings[path] !== undefined) continue;
    const message = `expected both or none of TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY, got nothing (set ${path}_FILE)`;
    faults.push({ path, message });
  }
  const judge = (path: string, what: string, read: () => unknown) => {
    try {
      read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      faults.push({ path, message: `expected ${what}, got something else: ${reason}` });
    }
  };
  if (cert !== undefined && key !== undefined) {
    judge('TEMPORAL_TLS_CERT', 'a certificate and its key', () => createSecureContext({ cert, key }));
  }
  if (ca !== undefined) judge('TEMPORAL_TLS_CA', 'certificates', () => new X509Certificate(ca));
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    ...way,
    tls: {
      ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
      ...(ca === undefined ? {} : { serverRootCACertificate: Buffer.from(ca) }),
      ...(cert === undefined || key === undefined
        ? {}
        : { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) } }),
    },
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

function proxyTo(settings: TemporalSettings): Pick<TemporalAccess, 'proxy'> {
  const place = parseHostPort(settings.TEMPORAL_ADDRESS);
  const url = place === null ? null : proxyFor(settings, place, 'grpc');
  if (url === null) return {};
  const { hostname, port, username, password } = url;
  const basicAuth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    proxy: {
      type: 'http-connect',
      targetHost: `${hostname}:${port || 80}`,
      ...(username === '' ? {} : { basicAuth }),
    },
  };
}

/**
 * The same for `Connection` of @temporalio/client. It speaks through grpc-js, which reads some of the variables for proxies by
 * itself, for loopback too: here it is told what to do instead.
 */
export function temporalClientOptions<Access extends TemporalAccess>({ proxy, ...access }: Access) {
  const alone = { 'grpc.enable_http_proxy': 0 };
  if (proxy === undefined) return { ...access, channelArgs: alone };
  const { targetHost, basicAuth } = proxy;
  return {
    ...access,
    address: targetHost,
    channelArgs: {
      ...alone,
      'grpc.http_connect_target': `dns:${access.address}`,
      'grpc.default_authority': access.address,
      ...(basicAuth === undefined
        ? {}
        : { 'grpc.http_connect_creds': `${basicAuth.username}:${basicAuth.password}` }),
    },
  };
}
