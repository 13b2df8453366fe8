import { createSecureContext } from 'node:tls';
import type { z } from 'zod';
import { ConfigError } from './config.ts';
import type { grpcShape } from './config-shapes.ts';

/** What a service shows when it calls another, and asks of who calls it. Nothing at all is enough on loopback only. */
export interface GrpcAccess {
  token?: string;
  /** All in PEM format. */
  tls?: {
    cert: string;
    key: string;
    ca: string;
    /** Name in the peers' certificates; absent: the host that is dialled. */
    serverName?: string;
  };
}

type GrpcSettings = z.output<z.ZodObject<typeof grpcShape>>;

/**
 * Brings the settings of `grpcShape` together.
 * @throws ConfigError where certificate, key and authority are not all there, or do not fit together
 */
export function grpcAccess(settings: GrpcSettings): GrpcAccess {
  const { GRPC_TOKEN: token, GRPC_TLS_SERVER_NAME: serverName } = settings;
  const { GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key, GRPC_TLS_CA: ca } = settings;
  const access: GrpcAccess = token === undefined ? {} : { token };
  if (cert === undefined && key === undefined && ca === undefined) return access;
  if (cert === undefined || key === undefined || ca === undefined) {
    const missing = (['GRPC_TLS_CERT', 'GRPC_TLS_KEY', 'GRPC_TLS_CA'] as const).filter(
      (name) => settings[name] === undefined,
    );
    throw new ConfigError(
      missing.map((path) => ({
        path,
        message: `expected all or none of GRPC_TLS_CERT, GRPC_TLS_KEY and GRPC_TLS_CA, got nothing (set ${path}_FILE)`,
      })),
    );
  }
  try {
    createSecureContext({ cert, key, ca });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { path: 'GRPC_TLS_CERT', message: `expected a certificate and its key, got others: ${reason}` },
    ]);
  }
  return { ...access, tls: { cert, key, ca, ...(serverName === undefined ? {} : { serverName }) } };
}
