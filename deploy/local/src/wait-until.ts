import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks again and again until `look` is true: for what cannot tell us, like another program's readiness.
 * @returns false once `limitMs` have passed
 */
export async function waitUntil(
  look: () => Promise<boolean> | boolean,
  limitMs: number,
  betweenMs = 50,
): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (;;) {
    if (await look()) return true;
    if (performance.now() >= end) return false;
    await delay(betweenMs);
  }
}
