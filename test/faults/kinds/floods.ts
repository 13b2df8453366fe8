import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseHostPort, progressSubject, waitingProgress, workersBucket } from '@ddad/contract';
import { closeNats, connectNats } from '@ddad/platform';
import type { FaultKind } from './fault-kind.ts';

const messages = 300;

/** By whoever has a trainer's password. */
const flooded: FaultKind = {
  name: 'flood of long messages',
  phase: null,
  mostMs: 1000,
  async inflict({ cluster: { env }, run }) {
    const nodes = run.progress()?.nodes;
    if (nodes === undefined) return null;
    try {
      const nats = await connectNats({
        url: env.NATS_URL,
        user: 'trainer',
        password: env.TRAINER_NATS_PASSWORD,
        name: 'flood',
      });
      try {
        // As long as the server takes, but for what is around it.
        const bytes = nats.info!.max_payload - 1024;
        const name = 'x'.repeat(bytes);
        const told = JSON.stringify({ ...waitingProgress(2), worker: name, state: 'running' });
        for (let sent = 0; sent < messages; sent += 1) {
          const { key } = nodes[sent % nodes.length]!;
          nats.publish(progressSubject(key), told);
          nats.publish(`$KV.${workersBucket}.train.flood-${sent}`, name);
          if (sent % 50 === 49) await nats.flush();
        }
        return `${messages} of ${bytes} bytes, and as many entries`;
      } finally {
        await closeNats(nats);
      }
    } catch {
      // NATS is away by another fault.
      return null;
    }
  },
};

const connections = 500;

/** Of somebody who can reach the workers, and has no token. */
const silentCallers: FaultKind = {
  name: 'connections that say nothing',
  phase: null,
  mostMs: 10_000,
  async inflict({ cluster: { workerAddresses }, lastsMs }) {
    const sockets: Socket[] = [];
    for (const address of workerAddresses) {
      const { host, port } = parseHostPort(address)!;
      for (let i = 0; i < connections; i += 1) {
        const socket = connect({ host, port });
        socket.on('error', () => {});
        sockets.push(socket);
      }
    }
    await delay(lastsMs);
    for (const socket of sockets) socket.destroy();
    return `${sockets.length} for ${lastsMs} ms`;
  },
};

export const floods: readonly FaultKind[] = [flooded, silentCallers];
