import { setTimeout as delay } from 'node:timers/promises';
import { type TemporalAccess, withTimeLimit } from '@ddad/platform';
import { NativeConnection } from '@temporalio/worker';

const attemptLimitMs = 10_000;

/**
 * Connects to Temporal, which has `limitMs` to appear.
 * @throws where it does not, with the last error as cause.
 */
export async function connectTemporal(access: TemporalAccess, limitMs = 60_000): Promise<NativeConnection> {
  const { proxy } = access;
  const address =
    proxy === undefined ? access.address : `${access.address} (through the proxy ${proxy.targetHost})`;
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const connecting = NativeConnection.connect(access);
    try {
      const left = Math.max(1_000, giveUpAt - performance.now());
      return await withTimeLimit(connecting, Math.min(attemptLimitMs, left), `connecting to ${address}`);
    } catch (error) {
      // One that comes too late is nobody's.
      connecting.then(
        (late) => late.close(),
        () => {},
      );
      if (performance.now() + 500 > giveUpAt) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`Temporal at ${address} cannot be reached within ${limitMs} ms: ${reason}`, {
          cause: error,
        });
      }
      await delay(500);
    }
  }
}
