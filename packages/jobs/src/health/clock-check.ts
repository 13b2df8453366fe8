import { differenceOf, duration, mostDifferenceMs, toSecond } from '@ddad/storage';
import type { HealthCheck } from './health-check.ts';

/** A third of what an S3 store takes, in ms. */
const toleranceMs = mostDifferenceMs / 3;

export interface ClockCheckOptions {
  /** The time by the store's clock, in ms since 1970; null where it is not known. */
  storeTime: () => Promise<number | null>;
  /** URL of the store, for the message. */
  store: string;
  /** This machine's clock, in ms since 1970. */
  now?: () => number;
}

/** Whether a worker's clock and the store's agree. A store that does not answer is not the clock's fault. */
export function clockCheck({ storeTime, store, now = Date.now }: ClockCheckOptions): HealthCheck {
  return {
    name: 'clock',
    async check() {
      const asked = now();
      const theirs = await storeTime();
      if (theirs === null) return null;
      const ours = (asked + now()) / 2;
      if (Math.abs(ours - theirs) <= toleranceMs) return null;
      return (
        `clock: this machine's is ${differenceOf(ours, theirs)} that of the store ${store} ` +
        `(${toSecond(theirs)}), expected at most ${duration(toleranceMs)}`
      );
    },
  };
}
