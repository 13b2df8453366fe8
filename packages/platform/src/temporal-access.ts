import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Fault } from '@ddad/contract';
import type { z } from 'zod';
import { ConfigError } from './config.ts';
import type { temporalShape } from './config-shapes.ts';

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
}

type TemporalSettings = z.output<z.ZodObject<typeof temporalShape>>;

/**
 * Brings the settings of `temporalShape` together. The connection is encrypted as soon as one of them but the address is
 * set: an API key never travels in the clear.
 * @throws ConfigError where certificate and key are not both there, or do not fit together
 */
export function temporalAccess(settings: TemporalSettings): TemporalAccess {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey } = settings;
  const { TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_CA: ca } = settings;
  const { TEMPORAL_TLS_SERVER_NAME: serverName } = settings;
  if ([cert, key, ca, serverName, apiKey].every((value) => value === undefined)) return { address };
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
    address,
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
