import type { HealthCheck } from './health-check.ts';

/**
 * Whether the store is known to keep its promises: for a worker that could not try it when it started, as its own clock was wrong.
 * @param prove tries it; rejects with why that cannot be said
 * @param proven true where that is known already
 */
export function storeCheck(prove: () => Promise<unknown>, proven: boolean): HealthCheck {
  let known = proven;
  return {
    name: 'store',
    // Seconds of racing writes, and nothing to find out with a clock that is known to be wrong.
    costly: true,
    async check() {
      if (known) return null;
      await prove();
      known = true;
      return null;
    },
  };
}
