import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Which kubectl, with arguments of its own where it has some; `scripts/test-k8s` sets it. */
const [program = 'kubectl', ...common] = (process.env.KUBECTL || 'kubectl').split(' ').filter(Boolean);
const namespace = 'ddad';

export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string; annotations?: Record<string, string> };
  spec: PodSpec;
  status: {
    phase: string;
    podIP?: string;
    containerStatuses?: { name: string; ready: boolean; restartCount: number }[];
  };
}
export interface PodSpec {
  automountServiceAccountToken?: boolean;
  securityContext?: Record<string, unknown>;
  initContainers?: Container[];
  containers: Container[];
}
export interface Container {
  name: string;
  securityContext?: Record<string, unknown>;
}

/**
 * Runs kubectl in the namespace of the manifests.
 * @returns its standard output
 * @throws with what it said
 */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const running = promisify(execFile)(program, [...common, '--namespace', namespace, ...args], {
    maxBuffer: 1 << 26,
    timeout: 600_000,
  });
  // Where it ends without reading, its exit status says more.
  running.child.stdin?.on('error', () => {}).end(input ?? '');
  const { stdout } = await running;
  return stdout;
}

/** Pods of one name label that are not about to go, by name. */
export async function pods(name?: string): Promise<Pod[]> {
  const selector = name === undefined ? 'app.kubernetes.io/part-of=ddad' : `app.kubernetes.io/name=${name}`;
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-l', selector, '-o', 'json'])) as {
    items: Pod[];
  };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Runs a program with Node in a pod of a service. @returns what it prints */
export async function inPod(pod: string, program: string): Promise<string> {
  const node = ['/usr/local/bin/node', '--input-type=module', '-e', program];
  return (await kubectl(['exec', pod, '--', ...node])).trim();
}

/** A program that prints what a service gives Prometheus. */
export const printMetrics = "console.log(await (await fetch('http://127.0.0.1:9090/metrics')).text())";

/** Value of a key of a Secret. */
export async function secret(name: string, key: string): Promise<string> {
  const path = `jsonpath={.data.${key}}`;
  return Buffer.from(await kubectl(['get', 'secret', name, '-o', path]), 'base64').toString();
}

/** Waits until all of them have rolled out. */
export async function rolledOut(...workloads: string[]): Promise<void> {
  for (const workload of workloads) await kubectl(['rollout', 'status', workload, '--timeout=300s']);
}

export interface Forward {
  /** Local ports, in the order in which they were asked for. */
  ports: number[];
  stop(): void;
}

/** Forwards local ports to those of a target, like service/minio. */
export async function portForward(target: string, ...remote: number[]): Promise<Forward> {
  const args = ['--namespace', namespace, 'port-forward', target, ...remote.map((port) => `:${port}`)];
  const child: ChildProcess = spawn(program, [...common, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: KUBECTL may be a script with kubectl as a child.
    detached: true,
  });
  const stop = () => {
    process.off('exit', stop);
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  };
  process.on('exit', stop);
  const local = new Map<number, number>();
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (data: Buffer) => {
      said += data.toString();
      for (const [, from, to] of said.matchAll(/Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)/g))
        local.set(Number(to), Number(from));
      if (local.size === remote.length) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`port-forward to ${target} ended: ${said}`)));
  });
  return { ports: remote.map((port) => local.get(port)!), stop };
}

/**
 * Looks until something is there.
 * @param what for the error: "four members in training"
 * @param look undefined or false where it is not there yet; what it throws counts as that, and is shown in the end
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  limitMs = 300_000,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > giveUpAt) {
      throw new Error(`expected ${what} within ${limitMs / 1000} s`, { cause: last });
    }
    await delay(1000);
  }
}
