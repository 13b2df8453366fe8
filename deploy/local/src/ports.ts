import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** What is known of a port before it is chosen. */
export interface PortWish {
  /** For people: the variable that sets it. */
  name: string;
  /** The one that must be taken. */
  required?: number | undefined;
  /** The one of last time, taken again if nobody else listens on it. */
  remembered?: number | undefined;
}

/**
 * Chooses a loopback port for each wish, all different.
 * @throws where required ports are not free, or are wished twice; names all of them
 */
export async function choosePorts(wishes: PortWish[]): Promise<number[]> {
  const held: Server[] = [];
  const faults: string[] = [];
  const chosen = new Array<number>(wishes.length).fill(0);
  try {
    // Required ones first, free ones last, so that none takes what another must have. All stay held to the end.
    for (const [index, { name, required }] of wishes.entries()) {
      if (required === undefined) continue;
      const server = await listen(required);
      if (server === null) faults.push(`${name}=${required}: expected a free port, but it is in use`);
      else held.push(server);
      chosen[index] = required;
    }
    if (faults.length > 0) throw new Error(faults.join('\n'));
    for (const [index, { required, remembered }] of wishes.entries()) {
      if (required !== undefined || remembered === undefined) continue;
      const server = await listen(remembered);
      if (server === null) continue;
      held.push(server);
      chosen[index] = remembered;
    }
    for (const [index, port] of chosen.entries()) {
      if (port !== 0) continue;
      const server = await listenAnywhere();
      held.push(server);
      chosen[index] = portOfServer(server);
    }
    return chosen;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Ports that servers may take and no caller gets: those from 20,000 up to the system's range for outgoing connections. */
const least = 20_000;

/**
 * Holds a free port that stays free: one of the system's own choice (port 0) may be the near end of anybody's connection when
 * the cluster is started again, and then its address is gone.
 */
async function listenAnywhere(): Promise<Server> {
  const end = firstOutgoing();
  for (let tries = 0; tries < 100 && end > least; tries += 1) {
    const server = await listen(randomInt(least, end));
    if (server !== null) return server;
  }
  const server = await listen(0);
  if (server === null) throw new Error('no port of 127.0.0.1 is free');
  return server;
}

/** Where the system's range for outgoing connections begins; Linux's default where it does not say. */
function firstOutgoing(): number {
  try {
    return Number(/^\d+/.exec(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'))?.[0] ?? 32_768);
  } catch {
    return 32_768;
  }
}

/** Holds a loopback port; null if it is in use. */
async function listen(port: number): Promise<Server | null> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return server;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') return null;
    throw error;
  }
}

function portOfServer(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}
