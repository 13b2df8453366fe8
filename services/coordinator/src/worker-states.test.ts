import { describeSickness, mostReason, workerStatesSchema } from '@ddad/contract';
import { expect, it } from 'vitest';
import { trainer } from './dispatch/fake-link.testing.ts';
import { workerStates } from './worker-states.ts';

const until = Date.parse('2026-01-01T12:03:04.000Z');

it('says who works, who leaves, who is unfit by its own word, and who is set aside, why and until when', () => {
  const workers = [
    trainer('idle'),
    trainer('busy'),
    trainer('left', { leaving: true }),
    trainer('unfit', { unfit: 'scratch /s: expected 64 MiB free, got 3 MiB' }),
    trainer('sick'),
  ];
  const setAside = [{ worker: 'sick', until, pauses: 2, cause: 'ENOSPC:\n\u001b[31m no space left' }];
  const states = workerStates({ workers, busy: new Set(['busy', 'unfit']), setAside });
  expect(workerStatesSchema.parse({ workers: states }).workers).toEqual(states);
  expect(states.map(({ state }) => state)).toEqual(['idle', 'busy', 'leaving', 'unfit', 'set aside']);
  expect(states.map(describeSickness)).toEqual([
    null,
    null,
    null,
    'Trainer unfit takes no jobs by its own checks: scratch /s: expected 64 MiB free, got 3 MiB',
    'Trainer sick gets no jobs until 12:03:04 UTC, as it fails what others make: ENOSPC: [31m no space left',
  ]);
});

it('cuts off a long cause', () => {
  const setAside = [{ worker: 'a', until, pauses: 1, cause: 'x'.repeat(4000) }];
  const [state] = workerStates({ workers: [trainer('a')], busy: new Set(), setAside });
  expect(state!.reason).toHaveLength(mostReason);
});
