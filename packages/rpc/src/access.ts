import { isIP } from 'node:net';
import { parseHostPort } from '@ddad/contract';
import { type GrpcAccess, sameProof } from '@ddad/platform';
import {
  type ChannelCredentials,
  type ChannelOptions,
  credentials,
  InterceptingCall,
  type Interceptor,
  type Metadata,
  ServerCredentials,
} from '@grpc/grpc-js';
import { channelOptions } from './channel-options.ts';
import { type CallerClaim, callerProof } from './proof.ts';

const header = 'authorization';
const scheme = 'DDAD-HMAC-SHA256';

/**
 * What a client dials. An IP address is said to be one: for any other name the library makes a resolver for each channel, which
 * keeps a descriptor of /dev/urandom and the machine's DNS settings until somebody collects it.
 * @param address host:port
 */
export function targetOf(address: string): string {
  const host = parseHostPort(address)?.host.replace(/^\[(.*)\]$/, '$1');
  const version = host === undefined ? 0 : isIP(host);
  return version === 0 ? address : `ipv${version}:${address}`;
}

/** How a client connects, so that a server with the same certificates lets it in. */
export function clientChannel({ tls }: GrpcAccess): [ChannelCredentials, ChannelOptions] {
  const options: ChannelOptions = { ...channelOptions };
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

/** Adds to every call what `callerFault` asks for. */
export function provingCalls(token: string, server: Omit<CallerClaim, 'path'>): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        showProof(metadata, token, { ...server, path: options.method_definition.path });
        next(metadata, listener);
      },
    });
}

/** Puts a caller's proof into the metadata of a call. */
export function showProof(metadata: Metadata, token: string, claim: CallerClaim): void {
  metadata.set(header, `${scheme} ${callerProof(token, claim).toString('base64url')}`);
}

/**
 * Whether a call shows that its caller has the token, compared in constant time; the proof is taken out of the metadata.
 * @returns why not; null where it does
 */
export function callerFault(
  token: string,
  claim: CallerClaim,
  metadata: Metadata,
): 'no proof' | 'wrong proof' | null {
  const [shown] = metadata.get(header);
  metadata.remove(header);
  if (typeof shown !== 'string') return 'no proof';
  if (!shown.startsWith(`${scheme} `)) return 'wrong proof';
  const proof = Buffer.from(shown.slice(scheme.length + 1), 'base64url');
  return sameProof(proof, callerProof(token, claim)) ? null : 'wrong proof';
}
