import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectNats } from '@ddad/platform';
import type { TestCluster } from './test-cluster.ts';

/** Everything that the services said to others while it was watched, by where it was said. */
export interface WhatLeaves {
  /** Texts by place: logs, NATS, histories, what Temporal shows of runs. */
  collect(): Promise<Record<'logs' | 'nats' | 'histories' | 'shown' | 'heartbeats', string[]>>;
  close(): Promise<void>;
}

const lookMs = 500;

/** Listens to every NATS subject and to heartbeats from now on; logs and histories are read when asked for. */
export async function watchWhatLeaves(cluster: TestCluster): Promise<WhatLeaves> {
  const { servers, temporal } = cluster;
  const nats = await connectNats({ ...servers.nats, name: 'watching-everything' });
  const heard: string[] = [];
  nats.subscribe('>', {
    callback(_error, message) {
      heard.push(
        message.subject,
        message.string(),
        ...(message.headers === undefined ? [] : [String(message.headers)]),
      );
    },
  });
  await nats.flush();

  // Heartbeats are in no history: they are seen while an activity runs, or not at all.
  const heartbeats = new Set<string>();
  let closed = false;
  const looking = (async () => {
    while (!closed) {
      await new Promise((resolve) => setTimeout(resolve, lookMs));
      try {
        for await (const { workflowId, runId } of temporal.workflow.list({
          query: 'ExecutionStatus="Running"',
        })) {
          const { raw } = await temporal.workflow.getHandle(workflowId, runId).describe();
          for (const text of textsIn(raw.pendingActivities)) heartbeats.add(text);
        }
      } catch {
        // The run has just ended; what it left is in its history.
      }
    }
  })();

  return {
    async collect() {
      const services = [cluster.coordinator, cluster.scorer, ...cluster.trainers];
      const logs = services.map((service) => service.logs());
      const serverLogs = join(servers.home, 'logs');
      for (const name of await readdir(serverLogs)) logs.push(await readFile(join(serverLogs, name), 'utf8'));
      const histories: string[] = [];
      const shown: string[] = [];
      for await (const { workflowId, runId } of temporal.workflow.list()) {
        const handle = temporal.workflow.getHandle(workflowId, runId);
        histories.push(...textsIn(await handle.fetchHistory()));
        shown.push(...textsIn((await handle.describe()).raw));
        for (const query of ['progress', '__temporal_workflow_metadata']) {
          shown.push(...textsIn(await handle.query(query).catch(() => null)));
        }
      }
      return { logs, nats: heard, histories, shown, heartbeats: [...heartbeats] };
    },
    async close() {
      closed = true;
      await looking;
      await nats.close();
    },
  };
}

/** Every text inside of a value: strings, and bytes read as text. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...textsIn(one)]);
}
