import { createHash, timingSafeEqual } from 'node:crypto';
import type { GrpcAccess } from '@ddad/platform';
import {
  type ChannelCredentials,
  type ClientOptions,
  credentials,
  InterceptingCall,
  type Interceptor,
  type Metadata,
  ServerCredentials,
} from '@grpc/grpc-js';
import { channelOptions } from './channel-options.ts';

const header = 'authorization';

/** How a client connects, so that a server with the same access lets it in. */
export function clientAccess({ token, tls }: GrpcAccess): [ChannelCredentials, ClientOptions] {
  const options: ClientOptions = { ...channelOptions };
  // Call credentials would do the same, but over TLS only.
  if (token !== undefined) options.interceptors = [showing(token)];
  if (tls === undefined) return [credentials.createInsecure(), options];
  if (tls.serverName !== undefined) options['grpc.ssl_target_name_override'] = tls.serverName;
  return [credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert)), options];
}

/** @throws where certificate and key cannot be used */
export function serverCredentials({ tls }: GrpcAccess): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return ServerCredentials.createSsl(Buffer.from(tls.ca), [pair], true);
}

/**
 * Whether a call shows the token, compared in constant time.
 * @returns why not; null where it does
 */
export function tokenFault(token: string, metadata: Metadata): 'no token' | 'wrong token' | null {
  const [shown] = metadata.get(header);
  if (typeof shown !== 'string') return 'no token';
  // Digests have one length, so that not even the token's own can be told by time.
  return timingSafeEqual(digest(shown), digest(bearer(token))) ? null : 'wrong token';
}

function showing(token: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set(header, bearer(token));
        next(metadata, listener);
      },
    });
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
