import { type Child, forkChild } from '@ddad/platform';
import type { HealthCheck } from './health-check.ts';

export interface DeviceCheckOptions {
  /** Program of a process that computes a little and says `{ computed: true }`. */
  entry: URL;
  environment: Record<string, string>;
  /** How long that may take, in ms: on a GPU, loading takes a minute where its code has to be compiled first. */
  limitMs?: number;
}

/** Whether a worker can start processes, and its device computes in them. */
export function deviceCheck({ entry, environment, limitMs = 180_000 }: DeviceCheckOptions): HealthCheck {
  return {
    name: 'device',
    costly: true,
    async check(signal) {
      let child: Child<never, { computed?: boolean }>;
      try {
        child = forkChild(entry, environment);
      } catch (error) {
        return `device: a process could not be started: ${error instanceof Error ? error.message : error}`;
      }
      let computed = false;
      child.onMessage((message) => {
        computed = message.computed === true;
      });
      const late = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
      const end = () => void child.kill();
      late.addEventListener('abort', end);
      if (late.aborted) end();
      try {
        const { code, signal: killer } = await child.exited;
        if (computed || signal.aborted) return null;
        const how = late.aborted
          ? `did not end within ${limitMs / 1000} s`
          : `ended with ${killer === null ? `code ${code}` : `signal ${killer}`}`;
        const said = child.errorTail().split('\n').at(-1);
        return `device: a trial computation in a process of its own ${how}${said ? `: ${said}` : ''}`;
      } finally {
        late.removeEventListener('abort', end);
      }
    },
  };
}
