import type { Server, Socket } from 'node:net';

/**
 * Keeps a server open to newcomers, however many connections strangers hold: beyond the limit the oldest one goes that nobody
 * vouched for. Only where all are vouched for, the newcomer does.
 */
export class ConnectionRoom {
  /** By the other end, `address:port`; the oldest first. */
  readonly #sockets = new Map<string, Socket>();
  readonly #vouched = new Set<string>();

  /** @param limit most connections at a time */
  constructor(server: Server, limit: number) {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.#sockets.set(peer, socket);
      socket.once('close', () => {
        if (this.#sockets.get(peer) !== socket) return;
        this.#sockets.delete(peer);
        this.#vouched.delete(peer);
      });
      if (this.#sockets.size <= limit) return;
      const oldest = [...this.#sockets.keys()].find((one) => !this.#vouched.has(one)) ?? peer;
      this.#sockets.get(oldest)?.destroy();
      this.#sockets.delete(oldest);
    });
  }

  /** Connections that are there. */
  get size(): number {
    return this.#sockets.size;
  }

  /** This one stays until it closes, or `release`. @param peer the other end, `address:port` */
  vouch(peer: string): void {
    if (this.#sockets.has(peer)) this.#vouched.add(peer);
  }

  /** It may go again. */
  release(peer: string): void {
    this.#vouched.delete(peer);
  }
}

/** The other end of a connection, named as gRPC names it. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`;
}
