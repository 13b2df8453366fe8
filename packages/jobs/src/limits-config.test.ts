import { readConfig } from '@ddad/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defaultLimits } from './job.ts';
import { limitsOf, limitsShape } from './limits-config.ts';

const limits = (env: Record<string, string>) => limitsOf(readConfig(z.object(limitsShape), env));

test('limits of jobs are the defaults unless the environment sets them, in seconds', () => {
  const { checkpointMs, stallMs } = defaultLimits;
  expect(limits({})).toEqual({ checkpointMs, stallMs });
  expect(limits({ CHECKPOINT_INTERVAL_S: '0.5', STALL_LIMIT_S: '90' })).toEqual({
    checkpointMs: 500,
    stallMs: 90_000,
  });
});

test('limits that are out of range are refused together', () => {
  expect(() => limits({ CHECKPOINT_INTERVAL_S: '0', STALL_LIMIT_S: 'soon' })).toThrow(
    /CHECKPOINT_INTERVAL_S: [\s\S]*STALL_LIMIT_S: /,
  );
});
