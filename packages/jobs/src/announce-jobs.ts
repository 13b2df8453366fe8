import { formatHostPort, type HostPort, type Pool } from '@ddad/contract';
import { announceWorker, type Logger, type NatsConnection, type Shutdown } from '@ddad/platform';
import { deviceName } from './device-name.ts';
import type { WorkerHealth } from './health/worker-health.ts';
import type { JobHost } from './job-host.ts';
import { shutdownLimits } from './shutdown-limits.ts';

export interface JobsPlace {
  pool: Pool;
  id: string;
  /** Jobs at a time. */
  slots: number;
  /** Where others reach its gRPC server. */
  address: HostPort;
  /** Whether it is fit for jobs; its entry says where it is not, and why. */
  health: Pick<WorkerHealth, 'unfit' | 'onChange'>;
  nats: NatsConnection;
  /** The cluster's, which vouches for the entry. */
  token: string | undefined;
  logger: Logger;
  /** Takes what is to be closed; on closing it says first that it leaves, then ends its jobs, then its entry. */
  shutdown: Shutdown;
}

/**
 * Announces a service that takes jobs, with the keys that it works on, until it shuts down.
 * @returns after the first attempt, whether NATS was there or not
 */
export async function announceJobs(host: JobHost, place: JobsPlace): Promise<void> {
  const { pool, id, slots, address, health, nats, token, logger, shutdown } = place;
  const entry = {
    pool,
    id,
    address: formatHostPort(address),
    device: deviceName().slice(0, 200),
    slots,
    keys: host.keys,
    since: new Date().toISOString(),
    leaving: false,
    unfit: health.unfit,
  };
  const presence = await announceWorker(nats, entry, logger, { token });
  host.onKeys((keys) => presence.update({ keys }));
  health.onChange((unfit) => presence.update({ unfit }));
  // Those of a coordinator that knew the address from before; and what was found out while NATS was asked.
  presence.update({ keys: host.keys, unfit: health.unfit });
  shutdown.add('presence', () => presence.close());
  shutdown.add('jobs', () => host.close(), shutdownLimits.jobsMs);
  shutdown.add('leaving', () => presence.update({ leaving: true }));
}
