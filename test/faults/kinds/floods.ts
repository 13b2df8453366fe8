import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseHostPort, progressSubject, waitingProgress, workersBucket } from '@ddad/contract';
import { closeNats, connectNats, type NatsConnection } from '@ddad/platform';
import { headers } from '@nats-io/transport-node';
import { type FaultCluster, trainers } from '../fault-cluster.ts';
import type { FaultKind } from './fault-kind.ts';

/** Does something with a trainer's password, but not the token. @returns null where NATS is away by another fault */
async function asTrainer<T>(
  env: FaultCluster['env'],
  name: string,
  work: (nats: NatsConnection) => Promise<T>,
): Promise<T | null> {
  try {
    const password = env.TRAINER_NATS_PASSWORD;
    const nats = await connectNats({ url: env.NATS_URL, user: 'trainer', password, name });
    try {
      return await work(nats);
    } finally {
      await closeNats(nats);
    }
  } catch {
    return null;
  }
}

const messages = 300;

/** By whoever has a trainer's password. */
const flooded: FaultKind = {
  name: 'flood of long messages',
  phase: null,
  mostMs: 1000,
  async inflict({ cluster: { env }, run }) {
    const nodes = run.progress()?.nodes;
    if (nodes === undefined) return null;
    return await asTrainer(env, 'flood', async (nats) => {
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
    });
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

/** By whoever has a trainer's password, but not the token: takes the workers' entries away, and puts its own address there. */
const forgedEntries: FaultKind = {
  name: 'entries of a stranger',
  phase: null,
  mostMs: 3_000,
  async inflict({ cluster: { env }, lastsMs }) {
    let calls = 0;
    const stranger = createServer((socket) => {
      calls += 1;
      socket.on('error', () => {}).resume();
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const done = await asTrainer(env, 'stranger', async (nats) => {
      let written = 0;
      const deleted = headers();
      deleted.set('KV-Operation', 'DEL');
      const giveUpAt = performance.now() + lastsMs;
      while (performance.now() < giveUpAt) {
        for (const id of trainers) {
          const entry = {
            ...{ pool: 'train', id, address: `127.0.0.1:${port}`, device: 'none', slots: 64, keys: [] },
            ...{ since: new Date().toISOString(), leaving: false },
          };
          const subject = `$KV.${workersBucket}.train.${id}`;
          const signed = JSON.stringify({ order: 1_000_000 + written, entry });
          nats.publish(subject, JSON.stringify({ signed, signer: 'a', signature: 'b', proof: 'c' }));
          nats.publish(subject, '', { headers: deleted });
          written += 1;
        }
        await nats.flush();
        await delay(100);
      }
      return `${written} for ${lastsMs} ms`;
    });
    stranger.close();
    if (calls > 0) throw new Error(`a stranger's address was dialled ${calls} times`);
    return done;
  },
};

export const floods: readonly FaultKind[] = [flooded, silentCallers, forgedEntries];
