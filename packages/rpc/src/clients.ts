import type { GrpcAccess } from '@ddad/platform';
import { makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService, type ServingStatus } from 'grpc-health-check';
import { clientAccess } from './access.ts';
import { WorkerServiceClient } from './gen/ddad/v1/worker.ts';
import { unary } from './unary.ts';

/**
 * A client of the worker, a trainer or a scorer, at `address` (host:port). It connects with its first call; the caller
 * closes it.
 * @param access what it shows: the servers' own. Nothing is enough where they ask for nothing.
 */
export function connectWorker(address: string, access: GrpcAccess = {}): WorkerServiceClient {
  return new WorkerServiceClient(address, ...clientAccess(access));
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
