import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  awaitReady,
  choosePorts,
  type ProcessIdentity,
  type ServiceName,
  serviceSpec,
  startProcess,
  stopProcesses,
} from '@ddad/local-cluster';
import { environmentOf } from '@ddad/platform';
import { bareEnvironment } from './bare-environment.ts';
import { killWithUs } from './kill-with-us.ts';
import { onFreePorts } from './on-free-ports.ts';

/** A service's real process. */
export interface TestService {
  pid: number;
  identity: ProcessIdentity;
  /** host:port of its gRPC server; null for the coordinator. */
  address: string | null;
  /** What it has logged so far. */
  logs(): string;
  /**
   * Ends it with SIGTERM, or at once with SIGKILL, and removes its scratch directory. Harmless once it has ended.
   * @returns whether it ended by itself: false if SIGTERM did not do it within 30 s
   */
  stop(how?: 'SIGTERM' | 'SIGKILL'): Promise<boolean>;
}

const stopLimitMs = 30_000;

/**
 * Starts a service and waits until it is ready: its health service answers; the coordinator has asked for work.
 * @param env its configuration: `servers.env`, of which it gets its own user's credentials only. Of this process's
 *   environment only the bare one is passed on. Listens on a free port.
 * @throws ProcessFailure with the end of its log
 */
export function startService(
  service: ServiceName,
  env: Readonly<Record<string, string>>,
): Promise<TestService> {
  return onFreePorts(() => startOnce(service, env));
}

async function startOnce(service: ServiceName, env: Readonly<Record<string, string>>): Promise<TestService> {
  const home = await mkdtemp(join(tmpdir(), `ddad-test-${service}-`));
  let address: string | null = null;
  if (service !== 'coordinator') {
    const [port] = await choosePorts([{ name: service }]);
    address = `127.0.0.1:${port}`;
  }
  const spec = serviceSpec({
    name: service,
    service,
    address,
    log: join(home, 'log'),
    scratch: join(home, 'scratch'),
    environment: { ...bareEnvironment(), ...environmentOf(service, env) },
  });
  const startedAt = new Date();
  const started = await startProcess(spec);
  const release = killWithUs(() => [started]);
  let lastLogs = '';
  const logs = () => {
    try {
      lastLogs = readFileSync(spec.log, 'utf8');
    } catch {
      // Removed by stop: what was there then.
    }
    return lastLogs;
  };
  const stop = async (how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    const killed = await stopProcesses([started], how === 'SIGTERM' ? stopLimitMs : 5000, how);
    logs();
    release();
    await rm(home, { recursive: true, force: true });
    return killed.length === 0;
  };
  try {
    await awaitReady(spec, started, startedAt);
  } catch (error) {
    await stop();
    throw error;
  }
  const { pid, startTicks, bootId } = started;
  return { pid, identity: { pid, startTicks, bootId }, address, logs, stop };
}
