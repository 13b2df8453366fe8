import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.testing.ts';
import { FailureLedger, pauseLimits } from './failure-ledger.ts';
import { trainer } from './fake-link.testing.ts';

let clock: ManualClock;
let ledger: FailureLedger;

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  ledger = new FailureLedger(clock, () => {});
});

afterEach(() => {
  ledger.close();
  expect(clock.pending, 'timers left behind').toBe(0);
});

describe('a worker', () => {
  it('is set aside for 30 s, then twice as long each time, up to 15 min', () => {
    const pauses: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const { until } = ledger.failed('a', `k${n}`, 'disk full')!;
      pauses.push((until - clock.now()) / 1000);
      clock.move(until - clock.now() - 1);
      expect(ledger.isSetAside('a')).toBe(true);
      clock.move(1);
      expect(ledger.isSetAside('a')).toBe(false);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 900, 900]);
    expect(ledger.onProbation('a')).toBe(true);
  });

  it('begins anew once it has finished something', () => {
    ledger.failed('a', 'k', 'disk full');
    ledger.made('a', 'other');
    expect(ledger.isSetAside('a')).toBe(false);
    expect(ledger.failed('a', 'third', 'disk full')).toMatchObject({ pauses: 1 });
  });

  it('gets one pause for all that it failed at a time', () => {
    ledger.failed('a', 'k0', 'disk full');
    expect(ledger.failed('a', 'k1', 'disk still full')).toBeNull();
    expect(ledger.setAside).toEqual([
      { worker: 'a', until: clock.now() + pauseLimits.firstMs, pauses: 1, cause: 'disk still full' },
    ]);
  });

  it('keeps its record while it is away for a moment; another process under its id begins anew', () => {
    ledger.setWorkers([trainer('a')]);
    ledger.failed('a', 'k', 'disk full');
    ledger.setWorkers([]);
    ledger.setWorkers([trainer('a')]);
    expect(ledger.isSetAside('a')).toBe(true);
    expect(ledger.avoids('a', 'k', ['a', 'b'])).toBe(true);
    ledger.setWorkers([trainer('a', { since: '2026-02-02T00:00:00.000Z' })]);
    expect(ledger.isSetAside('a')).toBe(false);
    expect(ledger.avoids('a', 'k', ['a', 'b'])).toBe(false);
  });
});

describe('a key', () => {
  it('that fails on a second worker sets nobody aside', () => {
    ledger.failed('a', 'k', 'cannot be made');
    expect(ledger.failed('b', 'k', 'cannot be made')).toBeNull();
    expect(ledger.setAside).toEqual([]);
    expect(ledger.failed('b', 'k', 'cannot be made')).toBeNull();
  });

  it('that is made in the end convicts all who failed it, but those who finished something since', () => {
    for (const worker of ['a', 'b', 'c']) ledger.failed(worker, 'k', `${worker}: disk full`);
    expect(ledger.setAside).toEqual([]);
    ledger.made('c', 'other');
    expect(ledger.made('d', 'k').map(({ worker, cause }) => [worker, cause])).toEqual([
      ['a', 'a: disk full'],
      ['b', 'b: disk full'],
    ]);
    expect(ledger.isSetAside('c')).toBe(false);
  });

  it('does not count twice against who is set aside for it already', () => {
    ledger.failed('a', 'k', 'disk full');
    clock.move(pauseLimits.firstMs);
    expect(ledger.made('b', 'k')).toEqual([]);
    expect(ledger.isSetAside('a')).toBe(false);
  });

  it('avoids who failed it most, or last, for a while, as long as others are there', () => {
    ledger.failed('a', 'k', 'x');
    expect(ledger.avoids('a', 'k', ['a'])).toBe(false);
    expect(ledger.avoids('a', 'k', ['a', 'b'])).toBe(true);
    expect(ledger.avoids('a', 'other', ['a', 'b'])).toBe(false);
    ledger.failed('b', 'k', 'x');
    expect(['a', 'b'].map((id) => ledger.avoids(id, 'k', ['a', 'b']))).toEqual([false, true]);
    ledger.failed('a', 'k', 'x');
    expect(['a', 'b'].map((id) => ledger.avoids(id, 'k', ['a', 'b']))).toEqual([true, false]);
    clock.move(2 * pauseLimits.firstMs);
    expect(ledger.avoids('a', 'k', ['a', 'b'])).toBe(false);
  });
});
