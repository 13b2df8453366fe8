import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHostPort } from '@ddad/contract';
import {
  type ClusterEnv,
  choosePorts,
  homeAt,
  operatorStore,
  type ProgramSpec,
  readRecord,
  readSettings,
  recordPath,
  type ServiceName,
  serverPrograms,
  serviceSpec,
  startServers,
  storeData,
} from '@ddad/local-cluster';
import { environmentOf, temporalClientOptions } from '@ddad/platform';
import { createS3Store, type ObjectStore } from '@ddad/storage';
import { Client, Connection } from '@temporalio/client';
import { Client as S3 } from 'minio';
import { bareEnvironment, onFreePorts } from '../servers/index.ts';
import { slowMethod } from '../slow-method/method.ts';
import { runDdad, type runProgram } from '../test-cluster.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';
import { Supervisor } from './supervisor.ts';
import { TcpProxy } from './tcp-proxy.ts';

export const trainers = ['trainer-1', 'trainer-2'] as const;

/** The trainer whose scratch directory is a disk of its own. */
export const scratchDiskOf = trainers[0];

/** Shorter than the product's own, so that a run of seconds meets them. */
const limits = { CHECKPOINT_INTERVAL_S: '2', STALL_LIMIT_S: '12' };
const coordinatorTimes = { HEARTBEAT_TIMEOUT_S: '8', PROGRESS_INTERVAL_S: '1' };

/** A whole cluster of real processes under a supervisor, with a proxy on every way between two of them. */
export interface FaultCluster {
  supervisor: Supervisor;
  /** By FROM-TO: `coordinator-temporal`, `trainer-1-store`, `coordinator-trainer-1`, ... */
  ways: ReadonlyMap<string, TcpProxy>;
  /** The store's; null where this machine gives no mount namespaces. */
  disk: SmallDisk | null;
  /** That of `scratchDiskOf`; null as above. */
  scratchDisk: SmallDisk | null;
  /** Sets a trainer's clock behind the machine's by so many ms; 0 sets it right. */
  setClockBack(trainer: string, milliseconds: number): void;
  store: ObjectStore;
  /** Where NATS keeps its streams. */
  natsData: string;
  /** host:port of the workers' own servers, without proxies. */
  workerAddresses: readonly string[];
  /** Of a program's jobs. */
  scratchOf(name: string): string;
  /** The store's, for those who delete it. */
  bucket: { remove(): Promise<void>; make(): Promise<void> };
  /** Starts one more coordinator, which knows nothing of the first. @returns ends it */
  addCoordinator(): Promise<() => Promise<void>>;
  temporal: Client;
  /** What a program has logged so far, over all its lives. */
  logFile(name: string): string;
  /** Addresses and credentials of the servers themselves, without proxies. */
  env: ClusterEnv;
  ddad(...args: string[]): ReturnType<typeof runProgram>;
  stop(): Promise<void>;
}

/** @param onRestart hears of every program that the supervisor starts again */
export async function startFaultCluster(onRestart: (name: string) => void): Promise<FaultCluster> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const home = mkdtempSync(join(tmpdir(), 'ddad-test-faults-'));
    closers.push(() => rm(home, { recursive: true, force: true }));
    const { STORE: storeName = 'minio' } = readSettings(process.env);
    const disk = await smallDisk(storeData(homeAt(home), storeName));
    if (disk !== null) closers.push(disk.close);
    const scratchDisk = await smallDisk(join(home, 'scratch', scratchDiskOf));
    if (scratchDisk !== null) closers.push(scratchDisk.close);
    const disks = new Map<string, SmallDisk | null>([
      [storeName, disk],
      [scratchDiskOf, scratchDisk],
    ]);
    const adapt = (program: ProgramSpec) => disks.get(program.name)?.adapt(program) ?? program;
    const clockFile = (name: string) => join(home, `clock-${name}`);
    const supervisor = new Supervisor(onRestart);
    closers.push(() => supervisor.stop(supervisor.names.toReversed()));
    const { PATH } = process.env;
    const env = await onFreePorts(() =>
      startServers({ home, environment: { PATH }, store: storeName, adapt }),
    );
    for (const program of serverPrograms(home, env, PATH).map(adapt)) {
      const running = readRecord(recordPath(home)).find(({ name }) => name === program.name);
      if (running !== undefined) supervisor.adopt(program, running);
    }

    const ways = new Map<string, TcpProxy>();
    const way = async (name: string, target: string, host?: string, port?: number) => {
      const proxy = await TcpProxy.listen(parseHostPort(target)?.port ?? 0, host, port);
      ways.set(name, proxy);
      closers.push(() => proxy.close());
      return `127.0.0.1:${proxy.port}`;
    };
    const bare = (url: string) => url.slice(url.indexOf('//') + 2);
    const reach = async (name: string, service: ServiceName): Promise<Record<string, string>> => ({
      ...environmentOf(service, env),
      NATS_URL: `nats://${await way(`${name}-nats`, bare(env.NATS_URL))}`,
      S3_ENDPOINT: `http://${await way(`${name}-store`, bare(env.S3_ENDPOINT))}`,
    });
    const program = (
      name: string,
      service: ServiceName,
      address: string | null,
      set: Record<string, string>,
    ) =>
      serviceSpec({
        name,
        service,
        address,
        log: join(home, 'logs', `${name}.log`),
        scratch: join(home, 'scratch', name),
        environment: { ...bareEnvironment(), METHODS: slowMethod, ...set },
      });
    const programs: ProgramSpec[] = [];
    const workers = ['scorer', ...trainers];
    const ports = await choosePorts(workers.map((name) => ({ name })));
    for (const [index, name] of workers.entries()) {
      const service = name === 'scorer' ? 'scorer' : 'trainer';
      const port = ports[index];
      const address = `127.0.0.1:${port}`;
      // The coordinator dials what a worker announces: the proxy, which has the same port on another loopback address.
      await way(`coordinator-${name}`, address, '127.0.0.2', port);
      const prefix = service.toUpperCase();
      programs.push(
        program(name, service, address, {
          ...(await reach(name, service)),
          ...limits,
          [`${prefix}_ID`]: name,
          [`${prefix}_ADVERTISE`]: '127.0.0.2',
          NODE_OPTIONS: `--import=${new URL('./shifted-clock.ts', import.meta.url).href}`,
          SHIFTED_CLOCK: clockFile(name),
        }),
      );
    }
    const coordinatorEnv = {
      ...coordinatorTimes,
      TEMPORAL_NAMESPACE: 'default',
      // Two of them have no page to share.
      PAGE_LISTEN: 'off',
    };
    programs.push(
      program('coordinator', 'coordinator', null, {
        ...(await reach('coordinator', 'coordinator')),
        ...coordinatorEnv,
        TEMPORAL_ADDRESS: await way('coordinator-temporal', env.TEMPORAL_ADDRESS),
      }),
    );
    let coordinators = 1;
    const operator = operatorStore(env);
    const { hostname, port: storePort } = new URL(operator.endpoint);
    const s3 = new S3({
      endPoint: hostname,
      port: Number(storePort),
      useSSL: false,
      accessKey: operator.accessKey,
      secretKey: operator.secretKey,
    });
    const store = createS3Store({ ...operator, deadlineMs: 5000 });
    await Promise.all(programs.map((one) => supervisor.start(adapt(one))));
    const connection = await Connection.connect({
      ...temporalClientOptions({ address: env.TEMPORAL_ADDRESS }),
      connectTimeout: 10_000,
    });
    closers.push(() => connection.close());
    return {
      supervisor,
      ways,
      disk,
      scratchDisk,
      setClockBack(trainer, milliseconds) {
        if (milliseconds === 0) rmSync(clockFile(trainer), { force: true });
        else writeFileSync(clockFile(trainer), String(-milliseconds));
      },
      natsData: join(home, 'nats', 'data'),
      workerAddresses: workers.map((_, index) => `127.0.0.1:${ports[index]}`),
      scratchOf: (name) => join(home, 'scratch', name),
      bucket: {
        async remove() {
          const giveUpAt = performance.now() + 10_000;
          for (;;) {
            try {
              await store.remove((await store.list('')).map(({ key }) => key));
              return await s3.removeBucket(operator.bucket);
            } catch (error) {
              // Somebody has put something meanwhile; and SeaweedFS once failed to remove one of many.
              const { code } = error as { code?: string };
              if (code !== 'BucketNotEmpty' && !(code === 'InternalError' && performance.now() < giveUpAt))
                throw error;
            }
          }
        },
        make: () => s3.makeBucket(operator.bucket),
      },
      async addCoordinator() {
        coordinators += 1;
        // Of its own name: two faults may each have one at the same time.
        const name = `coordinator-${coordinators}`;
        await supervisor.start(
          program(name, 'coordinator', null, {
            ...environmentOf('coordinator', env),
            ...coordinatorEnv,
            TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS,
          }),
        );
        return () => supervisor.dismiss(name);
      },
      store,
      temporal: new Client({ connection }),
      logFile: (name) => join(home, 'logs', `${name}.log`),
      env,
      ddad: (...args) => runDdad(args, env),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
