import { randomBytes } from 'node:crypto';
import { type GrpcAccess, sameProof } from '@ddad/platform';
import { type ChannelOptions, makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService, type ServingStatus } from 'grpc-health-check';
import { clientChannel, provingCalls, targetOf } from './access.ts';
import { IdentityServiceClient } from './gen/ddad/v1/identity.ts';
import { WorkerServiceClient } from './gen/ddad/v1/worker.ts';
import { JobError } from './job-error.ts';
import { nonceBytes, serverProof } from './proof.ts';
import { unary } from './unary.ts';

/** How long a server may take to prove who it is unless said otherwise, in ms. */
const proveLimitMs = 5_000;

export interface ConnectOptions {
  /** How long the proof may take, connecting included, in ms. */
  limitMs?: number;
  /** gRPC's options of the channel, beside ours. */
  channel?: ChannelOptions;
}

/**
 * A client of the worker, a trainer or a scorer, at `address` (host:port), which the caller closes. Where there is a token,
 * the worker has proved then that it has the same one; it is never sent, and neither is anything else before. Without one
 * the client connects with its first call.
 * @param access the servers' own. Nothing is enough where they ask for nothing.
 * @throws JobError `lost` where nobody answers, or who answers does not prove who it is
 */
export async function connectWorker(
  address: string,
  access: GrpcAccess = {},
  { limitMs = proveLimitMs, channel = {} }: ConnectOptions = {},
): Promise<WorkerServiceClient> {
  const [channelCredentials, ours] = clientChannel(access);
  const options = { ...ours, ...channel };
  const target = targetOf(address);
  if (access.token === undefined) return new WorkerServiceClient(target, channelCredentials, options);
  const identity = new IdentityServiceClient(target, channelCredentials, options);
  try {
    const session = await provenSession(identity, address, access.token, limitMs);
    return new WorkerServiceClient(target, channelCredentials, {
      channelOverride: identity.getChannel(),
      interceptors: [provingCalls(access.token, { address, session })],
    });
  } catch (error) {
    identity.close();
    throw error;
  }
}

/** @returns the session of the process at the address @throws JobError `lost` unless it proves that it has the token */
async function provenSession(
  client: IdentityServiceClient,
  address: string,
  token: string,
  limitMs: number,
): Promise<Uint8Array> {
  const nonce = randomBytes(nonceBytes);
  const { session, proof } = await unary(client, client.prove, { nonce }, { limitMs }).catch(
    (error: unknown) => {
      if (!(error instanceof JobError) || error.lost) throw error;
      throw strangerAt(address, error);
    },
  );
  const proven =
    session.byteLength === nonceBytes && sameProof(proof, serverProof(token, { address, session, nonce }));
  if (!proven) throw strangerAt(address);
  return session;
}

function strangerAt(address: string, cause?: unknown): JobError {
  return new JobError(
    'failed',
    `expected proof that the server at ${address} has the cluster's token (GRPC_TOKEN) and is known by that address, got none`,
    { cause, lost: true },
  );
}

const HealthClient = makeGenericClientConstructor(healthService, 'grpc.health.v1.Health');

/**
 * Asks the standard health service of the server at `address`.
 * @param options.service its full name, for example `ddad.v1.WorkerService`; absent: the server as a whole.
 * @param options.access needed where the server speaks TLS; it asks for no token.
 * @throws JobError where nobody answers within `limitMs`, or the server does not know the service.
 */
export async function checkHealth(
  address: string,
  options: { limitMs: number; service?: string; access?: GrpcAccess },
): Promise<ServingStatus> {
  const client = new HealthClient(targetOf(address), ...clientChannel(options.access ?? {}));
  try {
    const answer: unknown = await unary(
      client,
      (request: { service: string }, metadata, callOptions, done) =>
        client.check!(request, metadata, callOptions, done),
      { service: options.service ?? '' },
      { limitMs: options.limitMs },
    );
    const status = (answer as { status?: unknown }).status;
    return status === 'SERVING' || status === 'NOT_SERVING' ? status : 'UNKNOWN';
  } finally {
    client.close();
  }
}
