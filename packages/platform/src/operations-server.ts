import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseHostPort } from '@ddad/contract';
import type { Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What of a service those who run it look at. */
export interface OperationsDeps {
  /** host:port to listen on; port 0 takes a free one. */
  address: string;
  registry: Registry;
  /** Whether it takes work; being busy is no reason not to. */
  ready: () => boolean;
}

export interface OperationsServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves plain HTTP for probes and Prometheus, apart from gRPC, which may ask for certificates that neither has:
 * `/healthz` answers while the process does, `/readyz` while it takes work, `/metrics` gives the registry. Nothing in
 * them says whose data are worked on.
 * @throws where the address cannot be bound; the message names it
 */
export async function serveOperations({
  address,
  registry,
  ready,
}: OperationsDeps): Promise<OperationsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'expected GET\n');
    else if (request.url === '/healthz') answer(200, 'ok\n');
    else if (request.url === '/readyz') answer(ready() ? 200 : 503, ready() ? 'ready\n' : 'not ready\n');
    else if (request.url === '/metrics') {
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        (error: unknown) => answer(500, `${error instanceof Error ? error.message : String(error)}\n`),
      );
    } else answer(404, 'expected /healthz, /readyz or /metrics\n');
  });
  // Nobody who asks here has much to say.
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  const place = parseHostPort(address);
  if (place === null) throw new Error(`cannot listen on ${address}: expected host:port`);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error })),
    );
    server.listen(place.port, place.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
