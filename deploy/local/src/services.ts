import { join } from 'node:path';
import { formatHostPort, taskQueue } from '@ddad/contract';
import { environmentOf, readConfig, temporalAccess, temporalShape } from '@ddad/platform';
import { z } from 'zod';
import { checkout, compileCache } from './checkout.ts';
import type { ClusterEnv } from './cluster-env.ts';
import type { Home } from './home.ts';
import { grpcReady, workerPolls } from './readiness.ts';
import type { ProgramSpec } from './start-process.ts';

export type ServiceName = 'coordinator' | 'scorer' | 'trainer';

/** A process's environment as a value. */
export type Environment = Readonly<Record<string, string | undefined>>;

const readyLimitMs = 120_000;

/** Entry point of a service. */
export function serviceMain(service: ServiceName): string {
  return join(checkout, 'services', service, 'src/main.ts');
}

/**
 * What a service's process gets: our environment with `set` over it. A variable that is set loses its `_FILE` form,
 * which else would contradict it.
 */
export function serviceEnvironment(
  environment: Environment,
  set: Readonly<Record<string, string>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(environment)) {
    if (value !== undefined && !(key.endsWith('_FILE') && key.slice(0, -'_FILE'.length) in set))
      result[key] = value;
  }
  return { ...result, ...set };
}

export interface ServiceSettings {
  /** trainer-2, scorer, ...: of the process, its log and its scratch directory. */
  name: string;
  service: ServiceName;
  /** host:port for a gRPC server. */
  address: string | null;
  log: string;
  scratch: string;
  /** The whole environment of its process but for what is said above. */
  environment: Environment;
}

/** How to start a service, and how to see that it is ready. */
export function serviceSpec(settings: ServiceSettings): ProgramSpec {
  const { name, service, address, scratch } = settings;
  const { NODE_COMPILE_CACHE = compileCache } = settings.environment;
  const set: Record<string, string> = { SCRATCH_DIR: scratch, NODE_COMPILE_CACHE };
  if (service === 'trainer' && address !== null) set.TRAINER_LISTEN = address;
  if (service === 'scorer' && address !== null) set.SCORER_LISTEN = address;
  const { PAGE_URL: pages } = settings.environment;
  if (service === 'coordinator' && pages !== undefined) set.PAGE_LISTEN = new URL(pages).host;
  const env = serviceEnvironment(settings.environment, set);
  return {
    name,
    command: process.execPath,
    args: [serviceMain(service)],
    env,
    cwd: checkout,
    log: settings.log,
    address,
    ready: (startedAt) => (address === null ? coordinatorPolls(env, startedAt) : grpcReady(address)),
    readyLimitMs,
  };
}

function coordinatorPolls(env: Environment, startedAt: Date): Promise<boolean> {
  const settings = readConfig(z.object(temporalShape), env);
  return workerPolls(temporalAccess(settings), settings.TEMPORAL_NAMESPACE, taskQueue, startedAt);
}

/** The coordinator of a local cluster. */
export function coordinatorSpec(home: Home, cluster: ClusterEnv, environment: Environment): ProgramSpec {
  const set = {
    TEMPORAL_NAMESPACE: 'default',
    WORKER_HOSTS: 'localhost,127.0.0.0/8',
    ...environmentOf('coordinator', cluster),
  };
  return serviceSpec({
    ...place(home, 'coordinator'),
    service: 'coordinator',
    address: null,
    environment: serviceEnvironment(environment, set),
  });
}

/** A worker of a local cluster. @param name `scorer`, or `trainer-1`, `trainer-2`, ... */
export function workerSpec(
  home: Home,
  cluster: ClusterEnv,
  environment: Environment,
  name: string,
  port: number,
): ProgramSpec {
  const service = name === 'scorer' ? 'scorer' : 'trainer';
  return serviceSpec({
    ...place(home, name),
    service,
    address: formatHostPort({ host: '127.0.0.1', port }),
    environment: serviceEnvironment(environment, {
      ...environmentOf(service, cluster),
      [service === 'scorer' ? 'SCORER_ID' : 'TRAINER_ID']: name,
    }),
  });
}

function place(home: Home, name: string): { name: string; log: string; scratch: string } {
  return { name, log: join(home.logs, `${name}.log`), scratch: join(home.scratch, name) };
}
