import type { HealthCheck } from './health-check.ts';

/** An S3 store refuses what differs from its own clock by 15 min (RequestTimeTooSkewed): a third of that, in ms. */
const toleranceMs = 5 * 60_000;

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
      const aheadMs = (asked + now()) / 2 - theirs;
      if (Math.abs(aheadMs) <= toleranceMs) return null;
      const how = aheadMs > 0 ? 'ahead of' : 'behind';
      return (
        `clock: this machine's is ${duration(Math.abs(aheadMs))} ${how} that of the store ${store} ` +
        `(${new Date(theirs).toISOString().slice(0, 19)}Z), expected at most ${duration(toleranceMs)}`
      );
    },
  };
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
}
