import type { WorkerEntry } from '@ddad/contract';
import { JobError } from '@ddad/rpc';

/**
 * Uses a client of a worker for one call and closes it: workers come and go with their addresses.
 * @param what the worker is, for errors: "trainer"
 * @throws what `use` throws; a JobError says whose it is
 */
export async function withWorkerClient<Client extends { close(): void }, T>(
  connect: (address: string) => Promise<Client>,
  what: string,
  worker: Pick<WorkerEntry, 'id' | 'address'>,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    const client = await connect(worker.address);
    try {
      return await use(client);
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    const { kind, transport, lost, taken } = error;
    const who = `${what} ${worker.id} (${worker.address})`;
    throw new JobError(kind, `${who}: ${error.message}`, { cause: error, transport, lost, taken });
  }
}
