import { once } from 'node:events';
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
      const server = await listen(0);
      if (server === null) throw new Error('no port of 127.0.0.1 is free');
      held.push(server);
      chosen[index] = portOfServer(server);
    }
    return chosen;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
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
