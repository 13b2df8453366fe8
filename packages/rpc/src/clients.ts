import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService, type ServingStatus } from 'grpc-health-check';
import { channelOptions } from './channel-options.ts';
import { ScorerServiceClient } from './gen/ddad/v1/scorer.ts';
import { TrainerServiceClient } from './gen/ddad/v1/trainer.ts';
import { unary } from './unary.ts';

/** A client of the trainer at `address` (host:port). It connects with its first call; the caller closes it. */
export function connectTrainer(address: string): TrainerServiceClient {
  return new TrainerServiceClient(address, credentials.createInsecure(), channelOptions);
}

/** A client of the scorer at `address` (host:port). It connects with its first call; the caller closes it. */
export function connectScorer(address: string): ScorerServiceClient {
  return new ScorerServiceClient(address, credentials.createInsecure(), channelOptions);
}

const HealthClient = makeGenericClientConstructor(healthService, 'grpc.health.v1.Health');

/**
 * Asks the standard health service of the server at `address`.
 * @param options.service its full name, for example `ddad.v1.TrainerService`; absent: the server as a whole.
 * @throws JobError where nobody answers within `limitMs`, or the server does not know the service.
 */
export async function checkHealth(
  address: string,
  options: { limitMs: number; service?: string },
): Promise<ServingStatus> {
  const client = new HealthClient(address, credentials.createInsecure(), channelOptions);
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
