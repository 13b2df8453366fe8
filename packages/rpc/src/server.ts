import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import { keepalive, maxMessageBytes } from './channel-options.ts';

/** The standard health service that also knows every service it speaks for. */
export class ServerHealth extends HealthImplementation {
  /** The empty name stands for the server as a whole. */
  readonly #services = new Set(['']);

  constructor() {
    super({ '': 'SERVING' });
  }

  /** Adds a service, for example `ddad.v1.TrainerService`, as serving. */
  addServing(service: string): void {
    this.#services.add(service);
    this.setStatus(service, 'SERVING');
  }

  /** Gives every service the same status. */
  setAll(serving: ServingStatus): void {
    for (const service of this.#services) this.setStatus(service, serving);
  }
}

/** A gRPC server whose health service hears of every service added to it. */
class HealthyServer extends Server {
  readonly #health: ServerHealth;

  constructor(health: ServerHealth) {
    super({
      ...keepalive,
      'grpc.max_receive_message_length': maxMessageBytes,
      // A coordinator keeps one stream a job, and more than one coordinator may be there while one replaces the other.
      'grpc.max_concurrent_streams': 256,
    });
    this.#health = health;
    health.addToServer(this);
  }

  override addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    super.addService(service, implementation);
    // A method's path is /package.Service/Method.
    const name = Object.values(service)[0]?.path.split('/')[1];
    if (name !== undefined && name !== 'grpc.health.v1.Health') this.#health.addServing(name);
  }
}

/**
 * A server with size limits, keepalive and the standard health service, which answers for the empty name and for every
 * service added. It opens no socket: add services, then `listen`.
 */
export function createServer(): { server: Server; health: ServerHealth } {
  const health = new ServerHealth();
  return { server: new HealthyServer(health), health };
}

/**
 * Binds without TLS and starts to serve.
 * @param address host:port; port 0 takes a free one.
 * @returns the port.
 * @throws where the address cannot be bound; the message names it.
 */
export function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error) {
        reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
        return;
      }
      resolve(port);
    });
  });
}

/**
 * Stops serving: health turns to NOT_SERVING, no new call is taken, and calls still open after `limitMs` are cancelled.
 * Resolves once the server is gone; never later than `limitMs` and a moment.
 */
export function close(server: Server, health: ServerHealth, limitMs: number): Promise<void> {
  health.setAll('NOT_SERVING');
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, limitMs);
    // An error here says that the server was not running: nothing is left to close.
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
