import { once } from 'node:events';
import { connect } from 'node:net';
import { type TemporalAccess, temporalClientOptions } from '@ddad/platform';
import { checkHealth } from '@ddad/rpc';
import { Connection } from '@temporalio/client';
import { getHere } from './get-here.ts';

/** Limit of one look. */
const lookMs = 3000;

/** Whether NATS greets who connects, and has JetStream. */
export async function natsReady(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    // The server speaks first: INFO {"server_id":...,"jetstream":true,...}
    const [greeting] = await once(socket, 'data', { signal: AbortSignal.timeout(lookMs) });
    return String(greeting).includes('"jetstream":true');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether an HTTP GET answers 2xx. */
export async function httpReady(url: string): Promise<boolean> {
  try {
    const { status } = await getHere(url, lookMs);
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}

/** Whether the gRPC server's health service says that it serves. */
export async function grpcReady(address: string): Promise<boolean> {
  try {
    return (await checkHealth(address, { limitMs: lookMs })) === 'SERVING';
  } catch {
    return false;
  }
}

/** Whether Temporal serves the namespace. */
export function temporalReady(access: TemporalAccess, namespace: string): Promise<boolean> {
  return askTemporal(access, async (connection) => {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  });
}

/** Whether a worker has asked for workflow tasks of the queue since the given time. */
export function workerPolls(
  access: TemporalAccess,
  namespace: string,
  queue: string,
  since: Date,
): Promise<boolean> {
  return askTemporal(access, async (connection) => {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: queue },
      // TASK_QUEUE_TYPE_WORKFLOW
      taskQueueType: 1,
    });
    // A worker that ended stays listed for minutes.
    return (pollers ?? []).some(
      ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= since.getTime() - 1000,
    );
  });
}

async function askTemporal(
  access: TemporalAccess,
  ask: (connection: Connection) => Promise<boolean>,
): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ ...temporalClientOptions(access), connectTimeout: lookMs });
    const open = connection;
    return await open.withDeadline(Date.now() + lookMs, () => ask(open));
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
