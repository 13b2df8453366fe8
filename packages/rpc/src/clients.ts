import type { GrpcAccess } from '@ddad/platform';
import { makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService, type ServingStatus } from 'grpc-health-check';
import { clientAccess } from './access.ts';
import { ScorerServiceClient } from './gen/ddad/v1/scorer.ts';
import { TrainerServiceClient } from './gen/ddad/v1/trainer.ts';
import { unary } from './unary.ts';

/**
 * A client of the trainer at `address` (host:port). It connects with its first call; the caller closes it.
 * @param access what it shows: the servers' own. Nothing is enough where they ask for nothing.
 */
export function connectTrainer(address: string, access: GrpcAccess = {}): TrainerServiceClient {
  return new TrainerServiceClient(address, ...clientAccess(access));
}

/** A client of the scorer at `address`, as `connectTrainer`. */
export function connectScorer(address: string, access: GrpcAccess = {}): ScorerServiceClient {
  return new ScorerServiceClient(address, ...clientAccess(access));
}

const HealthClient = makeGenericClientConstructor(healthService, 'grpc.health.v1.Health');

/**
 * Asks the standard health service of the server at `address`.
 * @param options.service its full name, for example `ddad.v1.TrainerService`; absent: the server as a whole.
 * @param options.access needed where the server speaks TLS; it asks for no token.
 * @throws JobError where nobody answers within `limitMs`, or the server does not know the service.
 */
export async function checkHealth(
  address: string,
  options: { limitMs: number; service?: string; access?: GrpcAccess },
): Promise<ServingStatus> {
  const { tls } = options.access ?? {};
  const client = new HealthClient(address, ...clientAccess(tls === undefined ? {} : { tls }));
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
