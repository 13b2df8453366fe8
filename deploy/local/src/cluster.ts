import type { WorkerState } from '@ddad/contract';
import { ensureBucket } from '@ddad/storage';
import { settleAddresses } from './addresses.ts';
import { binaryAt } from './checkout.ts';
import { type ClusterEnv, ClusterEnvFault, portOf, readClusterEnv, writeClusterEnv } from './cluster-env.ts';
import { withClusterLock } from './cluster-lock.ts';
import { ClusterProcesses, type Report } from './cluster-processes.ts';
import { readRecord } from './cluster-record.ts';
import { awaitFirstWrite } from './first-write.ts';
import { type Home, homeAt, makeHome, storesWithData } from './home.ts';
import { choosePorts } from './ports.ts';
import { isRunning } from './process-identity.ts';
import { serverNames, serverSpecs } from './servers.ts';
import { coordinatorSpec, type Environment, workerSpec } from './services.ts';
import type { PortSettings } from './settings.ts';
import type { ProgramSpec } from './start-process.ts';
import { chooseStore, type StoreName } from './store-choice.ts';
import { ensureStoreUsers, operatorStore, prepareStore } from './store-users.ts';
import { workersSeen } from './workers-seen.ts';

/** How long a process may take to end after SIGTERM. */
const stopLimitMs = 30_000;
/** A start waits for processes to become ready, so a command beside it waits for as long. */
const lockLimitMs = 180_000;

const trainerName = /^trainer-(\d+)$/;

export interface ClusterOptions {
  /** Home directory of the cluster. */
  home: string;
  /** Environment that processes inherit. */
  environment: Environment;
  ports?: PortSettings;
  /** Which store it shall have. Absent: the one that its data are in, else the one that is there first. */
  store?: StoreName | undefined;
  /** Buckets that the services' users may use: a name or a pattern like `*`. The cluster's own unless given. */
  buckets?: string;
  /** Changes how a server is started, as tests do that put one on a disk of its own. */
  adapt?: (program: ProgramSpec) => ProgramSpec;
  report?: Report;
}

/**
 * Starts Temporal, NATS and the store, those of them that do not run, and waits until they are ready and the bucket is
 * there. Addresses and credentials go to `cluster.env` in the home.
 * @throws ProcessFailure with the end of the log of the one that failed
 */
export async function startServers(options: ClusterOptions): Promise<ClusterEnv> {
  const home = homeAt(options.home);
  makeHome(home);
  return await withClusterLock(home.lock, lockLimitMs, async () => {
    const processes = new ClusterProcesses(home, options.report ?? ignore);
    return await ensureServers(home, processes, options);
  });
}

/** How the servers of a cluster that has addresses are started; for who keeps them running. */
export function serverPrograms(root: string, cluster: ClusterEnv, path: string | undefined): ProgramSpec[] {
  return serverSpecs(homeAt(root), cluster, path);
}

/**
 * Starts a whole cluster, or what of it does not run, and waits until everything is ready.
 * @param options.trainers how many trainers shall run: missing ones are started, surplus ones ended (their jobs go on
 *   elsewhere). Absent: those that there are, else two.
 */
export async function up(options: ClusterOptions & { trainers?: number | undefined }): Promise<ClusterEnv> {
  const home = homeAt(options.home);
  makeHome(home);
  return await withClusterLock(home.lock, lockLimitMs, async () => {
    const processes = new ClusterProcesses(home, options.report ?? ignore);
    const before = lastEnv(home, processes);
    const cluster = await ensureServers(home, processes, options);
    if (before !== null && JSON.stringify(before) !== JSON.stringify(cluster)) {
      // They hold addresses that no longer lead anywhere.
      await processes.stop((name) => !isServer(name), stopLimitMs);
    }
    const wanted = options.trainers ?? (trainersOf(processes).length || 2);
    await processes.stop((name) => (trainerNumber(name) ?? 0) > wanted, stopLimitMs);
    const coordinator = coordinatorSpec(home, cluster, options.environment);
    const workers = await workerSpecs(home, processes, cluster, options.environment, wanted);
    await processes.ensure([...workers, coordinator]);
    return cluster;
  });
}

/** Ends everything, in the order in which nothing loses what it still needs. */
export async function down(options: Pick<ClusterOptions, 'home' | 'report'>): Promise<void> {
  const home = homeAt(options.home);
  if (readRecord(home.record).length === 0) return;
  await withClusterLock(home.lock, lockLimitMs, async () => {
    const processes = new ClusterProcesses(home, options.report ?? ignore);
    await processes.stop((name) => trainerNumber(name) !== null, stopLimitMs);
    await processes.stop((name) => name === 'scorer', stopLimitMs);
    await processes.stop((name) => name === 'coordinator', stopLimitMs);
    await processes.stop(() => true, stopLimitMs);
  });
}

export interface ProcessStatus {
  name: string;
  pid: number | null;
  state: 'ready' | 'not answering' | 'ended';
  address: string | null;
}

export interface ClusterStatus {
  cluster: ClusterEnv | null;
  processes: ProcessStatus[];
  /** As the coordinator sees them; null where it does not say. */
  workers: WorkerState[] | null;
}

/** Looks at every process that was started; one look each, all at once. */
export async function status(options: Pick<ClusterOptions, 'home' | 'environment'>): Promise<ClusterStatus> {
  const home = homeAt(options.home);
  const cluster = readClusterEnv(home.env);
  const record = readRecord(home.record);
  if (cluster === null || record.length === 0) return { cluster, processes: [], workers: null };
  const specs = [
    ...serverSpecs(home, cluster, options.environment.PATH),
    coordinatorSpec(home, cluster, options.environment),
    ...record.flatMap(({ name, address }) => {
      if (!isWorker(name) || address === null) return [];
      return [workerSpec(home, cluster, options.environment, name, portOf(address))];
    }),
  ];
  const seeing = workersSeen(cluster.PAGE_URL);
  const processes = await Promise.all(
    record.map(async (process): Promise<ProcessStatus> => {
      const { name, pid, address } = process;
      if (!isRunning(process)) return { name, pid: null, state: 'ended', address };
      const spec = specs.find((candidate) => candidate.name === name);
      const ready = (await spec?.ready(new Date(Date.now() - 120_000))) ?? false;
      return { name, pid, state: ready ? 'ready' : 'not answering', address };
    }),
  );
  return { cluster, processes, workers: await seeing };
}

async function ensureServers(
  home: Home,
  processes: ClusterProcesses,
  options: ClusterOptions,
): Promise<ClusterEnv> {
  const running = new Set(processes.list().map(({ name }) => name));
  const last = lastEnv(home, processes);
  const { PATH } = options.environment;
  const store = chooseStore({
    wanted: options.store,
    last: last?.STORE ?? null,
    withData: storesWithData(home),
    minioIsHere: binaryAt('minio', PATH) !== null,
  });
  const cluster = await settleAddresses(options.ports ?? {}, last, running, store);
  writeClusterEnv(home.env, cluster);
  const { adapt = (program: ProgramSpec) => program } = options;
  const buckets = options.buckets ?? cluster.S3_BUCKET;
  prepareStore(home, cluster, buckets);
  await processes.ensure(serverSpecs(home, cluster, PATH).map(adapt));
  await ensureBucket(operatorStore(cluster));
  await awaitFirstWrite(operatorStore(cluster));
  await ensureStoreUsers(cluster, processes.named(store), buckets);
  return cluster;
}

/** What was used last. While nothing runs by a file of an older version, or a damaged one, all can be chosen anew. */
function lastEnv(home: Home, processes: ClusterProcesses): ClusterEnv | null {
  try {
    return readClusterEnv(home.env);
  } catch (error) {
    if (error instanceof ClusterEnvFault && processes.list().length === 0) return null;
    throw error;
  }
}

/** The scorer and so many trainers, on the ports that they have or on free ones. */
async function workerSpecs(
  home: Home,
  processes: ClusterProcesses,
  cluster: ClusterEnv,
  environment: Environment,
  trainers: number,
): Promise<ProgramSpec[]> {
  const names = ['scorer', ...Array.from({ length: trainers }, (_, index) => `trainer-${index + 1}`)];
  const known = new Map(processes.list().map(({ name, address }) => [name, address]));
  const missing = names.filter((name) => !known.get(name));
  const free = await choosePorts(missing.map((name) => ({ name })));
  return names.map((name) => {
    const address = known.get(name);
    const port = address ? portOf(address) : (free[missing.indexOf(name)] ?? 0);
    return workerSpec(home, cluster, environment, name, port);
  });
}

function isWorker(name: string): boolean {
  return name === 'scorer' || trainerNumber(name) !== null;
}

function trainersOf(processes: ClusterProcesses) {
  return processes.list().filter(({ name }) => trainerNumber(name) !== null);
}

function trainerNumber(name: string): number | null {
  const number = trainerName.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

function isServer(name: string): boolean {
  return (serverNames as readonly string[]).includes(name);
}

function ignore(): void {}
