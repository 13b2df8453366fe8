import { expect, it } from 'vitest';
import { faultsIn as faults, settingsOf as settings } from '../run-input.testing.ts';
import { beta1Of, specifiedBeta1 } from './member-beta.ts';

it('is told where it is not the paper’s, and a specification that tells the paper’s is refused', () => {
  expect(beta1Of({ beta1: 0.5 })).toEqual({});
  // Settings of a run that began before there was a choice.
  expect(beta1Of({})).toEqual({});
  expect(beta1Of({ beta1: 0.9 })).toEqual({ beta1: 0.9 });
  expect(specifiedBeta1.beta1.safeParse(0.9).success).toBe(true);
  expect(specifiedBeta1.beta1.safeParse(0.5).success).toBe(false);
});

it('is a setting of ddad and of its reconstruction networks, from 0 to below 1', () => {
  expect(settings({})).toMatchObject({ beta1: 0.5 });
  for (const method of ['ddad', 'ae', 'aeu', 'memae'])
    expect(settings({ method, beta1: 0.9 })).toMatchObject({ beta1: 0.9 });
  expect(settings({ beta1: 0 })).toMatchObject({ beta1: 0 });
  expect(faults({ beta1: 1 })).toEqual([expect.stringMatching(/^beta1: .*got 1$/)]);
});
