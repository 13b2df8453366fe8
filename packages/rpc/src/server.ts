import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isLoopbackHost, parseHostPort } from '@ddad/contract';
import type { GrpcAccess } from '@ddad/platform';
import {
  Server,
  type ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import { serverCredentials, tokenFault } from './access.ts';
import { keepalive, maxMessageBytes } from './channel-options.ts';
import { type RefusalLogger, Refusals } from './refusals.ts';

/** The standard health service that also knows every service it speaks for. */
export class ServerHealth extends HealthImplementation {
  /** The empty name stands for the server as a whole. */
  readonly #services = new Set(['']);
  #serving = true;

  constructor() {
    super({ '': 'SERVING' });
  }

  /** Adds a service, for example `ddad.v1.WorkerService`, as serving. */
  addServing(service: string): void {
    this.#services.add(service);
    this.setStatus(service, 'SERVING');
  }

  /** Whether the server as a whole takes calls. */
  get serving(): boolean {
    return this.#serving;
  }

  /** Gives every service the same status. */
  setAll(serving: ServingStatus): void {
    this.#serving = serving === 'SERVING';
    for (const service of this.#services) this.setStatus(service, serving);
  }
}

/** A gRPC server whose health service hears of every service added to it, and that lets in whom `listen` says. */
class GuardedServer extends Server {
  readonly #health: ServerHealth;
  readonly #guard: Guard;

  constructor(health: ServerHealth) {
    const guard: Guard = { access: {}, refusals: null };
    super({
      ...keepalive,
      'grpc.max_receive_message_length': maxMessageBytes,
      // A coordinator keeps one stream a job, and more than one coordinator may be there while one replaces the other.
      'grpc.max_concurrent_streams': 256,
      interceptors: [guarding(guard)],
    });
    this.#health = health;
    this.#guard = guard;
    health.addToServer(this);
  }

  override addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    super.addService(service, implementation);
    // A method's path is /package.Service/Method.
    const name = Object.values(service)[0]?.path.split('/')[1];
    if (name !== undefined && name !== healthService) this.#health.addServing(name);
  }

  /** Says who may call from now on. */
  admit(access: GrpcAccess, logger: RefusalLogger | undefined): void {
    this.#guard.access = access;
    this.#guard.refusals = logger === undefined ? null : new Refusals(logger);
    if (access.tls !== undefined) this.#hearFailedHandshakes();
  }

  /** The library drops a connection whose handshake fails without telling anybody, and has no hook for it. */
  #hearFailedHandshakes(): void {
    const internals = this as unknown as {
      createHttp2Server(credentials: ServerCredentials): Http2Server | Http2SecureServer;
    };
    const create = internals.createHttp2Server.bind(this);
    internals.createHttp2Server = (serverCredentials) => {
      const server = create(serverCredentials);
      // Read now: a socket that was destroyed remembers its peer only if it was asked before.
      server.on('connection', (socket: Socket) => void socket.remoteAddress);
      server.on(
        'tlsClientError',
        (error: Error & { code?: string }, failed: TLSSocket & { _parent?: Socket }) => {
          const { remoteAddress, remotePort } = failed._parent ?? failed;
          const peer = remoteAddress === undefined ? 'unknown' : `${remoteAddress}:${remotePort}`;
          this.#guard.refusals?.add({ method: null, peer, reason: error.code ?? error.message });
        },
      );
      return server;
    };
  }
}

const healthService = 'grpc.health.v1.Health';

interface Guard {
  access: GrpcAccess;
  refusals: Refusals | null;
}

/** Ends calls without the token before anything of their message is read. Health is for everybody: probes have none. */
function guarding(guard: Guard): ServerInterceptor {
  return ({ path }, call) => {
    const { token } = guard.access;
    if (token === undefined || path.startsWith(`/${healthService}/`)) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, goOn) {
            const reason = tokenFault(token, metadata);
            if (reason === null) {
              // Nobody behind the gate needs it.
              metadata.remove('authorization');
              goOn(metadata);
              return;
            }
            guard.refusals?.add({ method: path, peer: call.getPeer(), reason });
            call.sendStatus({
              code: status.UNAUTHENTICATED,
              details: `expected the cluster's token (GRPC_TOKEN) as "authorization: Bearer ...", got ${reason}`,
            });
          },
        });
      },
    });
  };
}

/**
 * A server with size limits, keepalive and the standard health service, which answers for the empty name and for every
 * service added. It opens no socket: add services, then `listen`.
 */
export function createServer(): { server: GuardedServer; health: ServerHealth } {
  const health = new ServerHealth();
  return { server: new GuardedServer(health), health };
}

/**
 * Binds and starts to serve.
 * @param address host:port; port 0 takes a free one.
 * @param access whom to let in. Without a token and TLS everybody who reaches the address: loopback only.
 * @param logger hears of strangers, at a bounded rate.
 * @returns the port.
 * @throws where everybody would be let in, or the address cannot be bound; the message names it.
 */
export async function listen(
  server: GuardedServer,
  address: string,
  access: GrpcAccess = {},
  logger?: RefusalLogger,
): Promise<number> {
  const host = parseHostPort(address)?.host;
  const open = access.token === undefined && access.tls === undefined;
  if (open && (host === undefined || !isLoopbackHost(host))) {
    throw new Error(
      `cannot listen on ${address} without knowing who may call: expected a token of 32 characters or more ` +
        '(GRPC_TOKEN_FILE, the same for all services), or certificates (GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE, ' +
        'GRPC_TLS_CA_FILE), got neither; only a loopback address like 127.0.0.1 goes without',
    );
  }
  server.admit(access, logger);
  return await new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials(access), (error, port) => {
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
