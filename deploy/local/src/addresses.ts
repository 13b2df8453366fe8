import { randomBytes } from 'node:crypto';
import { seaweedfsPartPorts } from '@ddad/storage/seaweedfs';
import { type ClusterEnv, partPortsOf, portOf } from './cluster-env.ts';
import { choosePorts, type PortWish } from './ports.ts';
import type { PortSettings } from './settings.ts';
import type { StoreName } from './store-choice.ts';

const portNames = ['TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'NATS_PORT', 'MINIO_PORT', 'PAGE_PORT'] as const;

/**
 * Settles where everything listens and with which credentials: what the user sets, else what was used last, else free
 * ports and random credentials.
 * @param last of the last start; null for the first
 * @param running names of processes that run and so keep their ports
 * @param store which store the cluster has
 * @throws where a wanted port is in use, or differs from that of a running process; names all of them
 */
export async function settleAddresses(
  wanted: PortSettings,
  last: ClusterEnv | null,
  running: ReadonlySet<string>,
  store: StoreName,
): Promise<ClusterEnv> {
  const remembered =
    last &&
    [last.TEMPORAL_ADDRESS, last.TEMPORAL_UI, last.NATS_URL, last.S3_ENDPOINT, last.PAGE_URL].map(portOf);
  // Of the processes behind the ports, in the order of `portNames`.
  const owners = ['temporal', 'temporal', 'nats', store, 'coordinator'];
  const ports: (PortWish & { kept: boolean })[] = portNames.map((name, index) => ({
    name,
    required: wanted[name],
    remembered: remembered?.[index],
    kept: remembered !== null && running.has(owners[index]!),
  }));
  if (store === 'seaweedfs') {
    const before = last === null ? [] : partPortsOf(last);
    for (let part = 0; part < seaweedfsPartPorts; part += 1) {
      const kept = before.length > 0 && running.has(store);
      ports.push({ name: 'SEAWEEDFS_PORTS', remembered: before[part], kept });
    }
  }
  const moved = ports.filter((port) => port.kept && ![undefined, port.remembered].includes(port.required));
  if (moved.length > 0) {
    const lines = moved.map(
      ({ name, required, remembered: now }) => `${name}=${required}: it runs on ${now} now`,
    );
    throw new Error(
      `expected the ports of running processes to stay ("make down" first):\n${lines.join('\n')}`,
    );
  }
  const open = ports.filter((port) => !port.kept);
  const chosen = await choosePorts(open);
  const [temporal, ui, nats, s3, page, ...parts] = ports.map((port) =>
    port.kept ? port.remembered : chosen[open.indexOf(port)],
  );
  return {
    TEMPORAL_ADDRESS: `127.0.0.1:${temporal}`,
    TEMPORAL_UI: `http://127.0.0.1:${ui}`,
    NATS_URL: `nats://127.0.0.1:${nats}`,
    NATS_USER: 'cli',
    NATS_PASSWORD: last?.NATS_PASSWORD ?? secret(),
    S3_ENDPOINT: `http://127.0.0.1:${s3}`,
    S3_BUCKET: last?.S3_BUCKET ?? 'ddad',
    S3_ACCESS_KEY: 'cli',
    S3_SECRET_KEY: last?.S3_SECRET_KEY ?? secret(),
    STORE: store,
    SEAWEEDFS_PORTS: parts.join(','),
    PAGE_URL: `http://127.0.0.1:${page}`,
    GRPC_TOKEN: last?.GRPC_TOKEN ?? secret(),
    OPERATOR_NATS_PASSWORD: last?.OPERATOR_NATS_PASSWORD ?? secret(),
    OPERATOR_S3_SECRET_KEY: last?.OPERATOR_S3_SECRET_KEY ?? secret(),
    COORDINATOR_NATS_PASSWORD: last?.COORDINATOR_NATS_PASSWORD ?? secret(),
    COORDINATOR_S3_SECRET_KEY: last?.COORDINATOR_S3_SECRET_KEY ?? secret(),
    TRAINER_NATS_PASSWORD: last?.TRAINER_NATS_PASSWORD ?? secret(),
    TRAINER_S3_SECRET_KEY: last?.TRAINER_S3_SECRET_KEY ?? secret(),
    SCORER_NATS_PASSWORD: last?.SCORER_NATS_PASSWORD ?? secret(),
    SCORER_S3_SECRET_KEY: last?.SCORER_S3_SECRET_KEY ?? secret(),
  };
}

function secret(): string {
  return randomBytes(24).toString('hex');
}
