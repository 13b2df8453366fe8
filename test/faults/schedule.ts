import type { RandomValues } from '../random-values.ts';
import { faultKinds } from './fault-kinds.ts';
import type { FaultKind } from './kinds/fault-kind.ts';

/** One fault to come. */
export interface PlannedFault {
  kind: FaultKind;
  /** Rest before it, in ms. */
  afterMs: number;
  /** How long it lasts, in ms. */
  lastsMs: number;
  /** Whether the next one comes while this one lasts. */
  overlaps: boolean;
}

/**
 * Deals faults to runs: kinds take turns in an order of their own, so that each comes about equally often.
 * @param kinds all of those that this machine can do
 */
export function planFaults(
  random: RandomValues,
  runs: number,
  perRun: number,
  kinds: readonly FaultKind[] = faultKinds,
): PlannedFault[][] {
  let deck: FaultKind[] = [];
  const draw = () => {
    if (deck.length === 0) deck = random.shuffled(kinds);
    return deck.pop()!;
  };
  return Array.from({ length: runs }, () =>
    Array.from({ length: perRun }, () => draw())
      // What needs the beginning of a run comes first.
      .sort((a, b) => Number(a.phase === 'scoring') - Number(b.phase === 'scoring'))
      .map((kind) => ({
        kind,
        afterMs: random.below(2000),
        lastsMs: 500 + random.below(kind.mostMs - 500),
        overlaps: random.below(4) === 0,
      })),
  );
}
