import { type GrpcAccess, type Logger, type Registry, type Shutdown, serveOperations } from '@ddad/platform';
import { close, type createServer, listen } from '@ddad/rpc';

export interface JobServerPlace {
  /** host:port to be called at; port 0 takes a free one. */
  address: string;
  /** Host under which callers dial it. */
  reachable: string;
  access: GrpcAccess;
  /** host:port for probes and Prometheus; none unless given. */
  operations: string | undefined;
  registry: Registry;
  /** Whether it is fit for jobs: probes over HTTP hear of it, callers do not. */
  fit: () => boolean;
  logger: Logger;
  /** Takes what is to be closed. */
  shutdown: Shutdown;
}

/**
 * Opens a service that takes jobs to its callers, and to those who run it.
 * @returns the port that it is called at
 * @throws where an address cannot be bound; the message names it
 */
export async function openJobServer(
  { server, health }: ReturnType<typeof createServer>,
  { address, reachable, access, operations, registry, fit, logger, shutdown }: JobServerPlace,
): Promise<number> {
  const port = await listen(server, address, access, logger, reachable);
  shutdown.add('server', () => close(server, health, 2000));
  if (operations !== undefined) {
    const ready = () => health.serving && fit();
    const opened = await serveOperations({ address: operations, registry, ready });
    shutdown.add('operations', () => opened.close());
  }
  return port;
}
