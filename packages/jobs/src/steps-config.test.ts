import { readConfig } from '@ddad/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { stepsShape } from './steps-config.ts';

const steps = (env: Record<string, string>) => readConfig(z.object(stepsShape), env).STEPS_A_CALL;

test('steps a call are left to the device unless the environment sets them', () => {
  expect(steps({})).toBeUndefined();
  expect(steps({ STEPS_A_CALL: '16' })).toBe(16);
});

test.each(['0', '65', '1.5', 'many'])('%s steps a call are refused', (STEPS_A_CALL) => {
  expect(() => steps({ STEPS_A_CALL })).toThrow('STEPS_A_CALL');
});
