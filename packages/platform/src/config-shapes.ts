import { hostPortSchema } from '@ddad/contract';
import { z } from 'zod';
import { logLevels } from './log-levels.ts';
import { proxyShape } from './proxy.ts';

const pemSchema = (label: string) =>
  z
    .string()
    .regex(
      new RegExp(`^-----BEGIN [A-Z ]*${label}-----`, 'm'),
      `expected ${label.toLowerCase()} in PEM format`,
    )
    .optional();

/** Where Temporal is, and as whom to speak to it; see `temporalAccess`. Spread into a schema for `readConfig`, like the other shapes here. */
export const temporalShape = {
  ...proxyShape,
  TEMPORAL_ADDRESS: hostPortSchema.describe("the Temporal server's host:port"),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  /** Our own certificate and its key, where the server asks for one. */
  TEMPORAL_TLS_CERT: pemSchema('CERTIFICATE'),
  TEMPORAL_TLS_KEY: pemSchema('PRIVATE KEY'),
  /** Certificates of the authority that signed the server's; unset: those that the system trusts. */
  TEMPORAL_TLS_CA: pemSchema('CERTIFICATE'),
  /** Name that the server's certificate carries, where it is not the host that is dialled. */
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  /** Best given as TEMPORAL_API_KEY_FILE. */
  TEMPORAL_API_KEY: z
    .string()
    .regex(/^[!-~]+$/, 'expected letters, digits and punctuation of ASCII without spaces')
    .optional(),
};

/** Where NATS is, and as whom to speak to it. */
export const natsShape = {
  NATS_URL: z
    .string()
    .regex(
      /^(nats|tls):\/\/[^/@\s]+$/,
      'expected nats://host:port or tls://host:port (a user goes into NATS_USER and NATS_PASSWORD)',
    )
    .describe('the address of NATS, nats://host:port'),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
};

/** The S3 store. */
export const storeShape = {
  ...proxyShape,
  S3_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/[^/@\s]+\/?$/, 'expected http://host:port or https://host:port')
    .describe('the address of the S3 store, http://host:port'),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected a bucket name of 3 to 63 of a-z, 0-9, "." and "-"')
    .default('ddad'),
  S3_ACCESS_KEY: z.string().describe("the S3 store's access key"),
  S3_SECRET_KEY: z.string().describe("the S3 store's secret key"),
};

/** Long enough that nobody guesses it, and nothing that a header cannot carry. */
const tokenSchema = z
  .string()
  .regex(/^[!-~]*$/, 'expected letters, digits and punctuation of ASCII without spaces')
  .min(32, 'expected at least 32 characters')
  .max(1024, 'expected at most 1024 characters');

/** Who may call our gRPC services: whoever has the token, or a certificate of the authority. See `grpcAccess`. */
export const grpcShape = {
  /** Shared by all services of a cluster; best given as GRPC_TOKEN_FILE. */
  GRPC_TOKEN: tokenSchema.optional(),
  /** The service's own certificate; with the next two, all or none, it proves itself and asks others to. */
  GRPC_TLS_CERT: pemSchema('CERTIFICATE'),
  GRPC_TLS_KEY: pemSchema('PRIVATE KEY'),
  /** Certificates of the authority that signed those of all services. */
  GRPC_TLS_CA: pemSchema('CERTIFICATE'),
  /** Name that every service's certificate carries, where it is not the host that is dialled. */
  GRPC_TLS_SERVER_NAME: z.string().optional(),
};

/** How much to log. */
export const logShape = { LOG_LEVEL: z.enum(logLevels).default('info') };

/** Where a service serves plain HTTP for probes and Prometheus; see `serveOperations`. */
export const operationsShape = {
  /** host:port; absent: not at all. */
  HTTP_LISTEN: hostPortSchema.optional(),
};

/** Methods that a deployment brings beside those that ship. */
export const methodsShape = {
  /** Modules, each of which exports a method as `entry`: absolute paths or URLs, with commas between them. */
  METHODS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .pipe(
      z.array(z.string().refine(isModulePath, 'expected absolute paths or URLs, with commas between them')),
    ),
};

/** A path that is not absolute would be looked for beside whatever file loads it. */
function isModulePath(path: string): boolean {
  return path.startsWith('/') || URL.canParse(path);
}
