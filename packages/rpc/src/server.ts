import { randomBytes } from 'node:crypto';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatHostPort, isLoopbackHost, parseHostPort } from '@ddad/contract';
import { ConnectionRoom, type GrpcAccess } from '@ddad/platform';
import {
  type Metadata,
  Server,
  type ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import { callerFault, serverCredentials } from './access.ts';
import { keepalive, maxMessageBytes } from './channel-options.ts';
import { type IdentityServiceServer, IdentityServiceService } from './gen/ddad/v1/identity.ts';
import { nonceBytes, serverProof } from './proof.ts';
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
    const guard: Guard = {
      access: {},
      address: '',
      session: randomBytes(nonceBytes),
      refusals: null,
      open: 0,
      room: null,
    };
    super({
      ...keepalive,
      // Strangers' connections that ask for nothing. A coordinator's has a stream as long as it is needed.
      'grpc.max_connection_idle_ms': 60_000,
      'grpc.max_receive_message_length': maxMessageBytes,
      // A coordinator keeps one stream a job, and more than one coordinator may be there while one replaces the other.
      'grpc.max_concurrent_streams': 256,
      interceptors: [guarding(guard)],
    });
    this.#health = health;
    this.#guard = guard;
    health.addToServer(this);
    super.addService(IdentityServiceService, proving(guard));
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
    this.#watchSockets();
  }

  /** Says at which address callers reach it, host:port: their proofs are for that one. */
  reachedAt(address: string): void {
    this.#guard.address = address;
  }

  /**
   * Bounds how many there are. And the library drops a connection whose handshake fails without telling anybody; it has no
   * hook for either.
   */
  #watchSockets(): void {
    const internals = this as unknown as {
      createHttp2Server(credentials: ServerCredentials): Http2Server | Http2SecureServer;
    };
    const create = internals.createHttp2Server.bind(this);
    internals.createHttp2Server = (serverCredentials) => {
      const server = create(serverCredentials);
      // Asks each socket for its peer at once: one that was destroyed remembers it only then.
      this.#guard.room = new ConnectionRoom(server, mostConnections);
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

/** A coordinator has one a job and one a stop, and more than one coordinator may be there while one replaces the other. */
const mostConnections = 1_024;

/** Calls of those who need no token, open at a time: a watch of the health stays open as long as its caller likes. */
const mostOpenCalls = 64;

interface Guard {
  access: GrpcAccess;
  address: string;
  session: Buffer;
  refusals: Refusals | null;
  /** Calls without a token that are open now. */
  open: number;
  /** Its connections; null before it listens. */
  room: ConnectionRoom | null;
}

/** Ends calls without proof of the token before anything of their message is read. */
function guarding(guard: Guard): ServerInterceptor {
  return ({ path }, call) => {
    // Probes have no token, and who asks for proof cannot give any yet.
    const forAll = path.startsWith(`/${healthService}/`) || path === IdentityServiceService.prove.path;
    if (forAll) return counted(guard, path, call);
    const { token } = guard.access;
    if (token === undefined) return new ServerInterceptingCall(call);
    return judged(guard, path, call, (metadata) => {
      const { address, session } = guard;
      const reason = callerFault(token, { address, session, path }, metadata);
      if (reason === null) {
        guard.room?.vouch(call.getPeer());
        return null;
      }
      const details = `expected proof of the cluster's token (GRPC_TOKEN), as identity.proto asks for it, got ${reason}`;
      return { code: status.UNAUTHENTICATED, details, reason };
    });
  };
}

/** Why a call is not let in. */
interface Refused {
  code: status;
  details: string;
  /** For the log. */
  reason: string;
}

/** Lets a call in, or ends it, by its metadata. @param judge why it is not let in; null where it is */
function judged(
  guard: Guard,
  path: string,
  call: ServerInterceptingCallInterface,
  judge: (metadata: Metadata) => Refused | null,
): ServerInterceptingCall {
  return new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, goOn) {
          const refused = judge(metadata);
          if (refused === null) {
            goOn(metadata);
            return;
          }
          const { code, details, reason } = refused;
          guard.refusals?.add({ method: path, peer: call.getPeer(), reason });
          call.sendStatus({ code, details });
        },
      });
    },
  });
}

/** Lets in so many at a time, whoever they are. */
function counted(guard: Guard, path: string, call: ServerInterceptingCallInterface): ServerInterceptingCall {
  if (guard.open >= mostOpenCalls) {
    const details = `expected at most ${mostOpenCalls} calls without a token at a time`;
    const refused = { code: status.RESOURCE_EXHAUSTED, details, reason: 'too many open calls' };
    return judged(guard, path, call, () => refused);
  }
  guard.open += 1;
  let open = true;
  const ended = () => {
    if (open) guard.open -= 1;
    open = false;
  };
  return new ServerInterceptingCall(call, {
    start(next) {
      next({ onCancel: ended });
    },
    sendStatus(sent, next) {
      ended();
      next(sent);
    },
  });
}

/** Answers who asks whether this server has the token; without one it has nothing to prove. */
function proving(guard: Guard): IdentityServiceServer {
  return {
    prove({ request: { nonce } }, done) {
      const { access, address, session } = guard;
      if (access.token === undefined) {
        done({ code: status.UNIMPLEMENTED, details: 'this server has no token (GRPC_TOKEN)' });
      } else if (nonce.byteLength !== nonceBytes) {
        const details = `nonce: expected ${nonceBytes} bytes, got ${nonce.byteLength}`;
        done({ code: status.INVALID_ARGUMENT, details });
      } else {
        done(null, { session, proof: serverProof(access.token, { address, session, nonce }) });
      }
    },
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
 * @param reachable host under which callers dial it, where it is another than the address's
 * @returns the port.
 * @throws where everybody would be let in, or the address cannot be bound; the message names it.
 */
export async function listen(
  server: GuardedServer,
  address: string,
  access: GrpcAccess = {},
  logger?: RefusalLogger,
  reachable?: string,
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
      server.reachedAt(formatHostPort({ host: reachable ?? host ?? address, port }));
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
