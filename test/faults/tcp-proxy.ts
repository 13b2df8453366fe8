import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy between two programs: the network, which can be told to fail. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refusing = false;
  #hanging = false;
  #delayMs = 0;
  #answer: string | null = null;
  #losing = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on `host` (and `port`, else a free one) and passes on to `target`, host:port on 127.0.0.1. */
  static async listen(target: number, host = '127.0.0.1', port = 0): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server);
    server.on('connection', (socket) => proxy.#pass(socket, target));
    server.listen(port, host);
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets all connections and refuses new ones. */
  drop(): void {
    this.#refusing = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Lets nothing through any more: connections stay, and whoever waits for an answer waits. */
  hang(): void {
    this.#hanging = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Every piece of data comes later from now on. */
  delay(milliseconds: number): void {
    this.#delayMs = milliseconds;
  }

  /** Answers whoever connects in its own words, and hangs up; what there is is cut. */
  answer(text: string): void {
    this.#answer = text;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** What is asked arrives and is done; no answer comes back, and then the connection is cut. */
  loseAnswers(): void {
    this.#losing = true;
  }

  /** Works again; what hung comes through. */
  mend(): void {
    this.#refusing = false;
    this.#hanging = false;
    this.#delayMs = 0;
    this.#answer = null;
    this.#losing = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #pass(near: Socket, target: number): void {
    if (this.#refusing) {
      near.resetAndDestroy();
      return;
    }
    if (this.#answer !== null) {
      near.on('error', () => {});
      near.end(this.#answer);
      near.resume();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (data) => {
        if (this.#losing && from === far) {
          // Time for what else was asked to arrive.
          setTimeout(() => {
            far.resetAndDestroy();
            near.resetAndDestroy();
          }, 200);
          return;
        }
        if (this.#delayMs === 0) {
          this.#write(from, to, data);
        } else {
          // Nothing overtakes what is on its way.
          from.pause();
          setTimeout(() => this.#write(from, to, data), this.#delayMs);
        }
      });
      from.on('end', () => to.end());
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!from.readableEnded) to.destroy();
      });
      if (this.#hanging) from.pause();
    }
  }

  #write(from: Socket, to: Socket, data: Buffer): void {
    if (to.destroyed) return;
    const room = to.write(data);
    if (!room) from.pause();
    const goOn = () => {
      if (!this.#hanging) from.resume();
    };
    if (room) goOn();
    else to.once('drain', goOn);
  }
}
