import { expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from './config.ts';
import { methodsShape } from './config-shapes.ts';

const methods = (env: Record<string, string>) => readConfig(z.object(methodsShape), env).METHODS;

test('modules of methods are a list with commas, empty unless given', () => {
  expect(methods({})).toEqual([]);
  expect(methods({ METHODS: '/opt/one.ts, file:///opt/two.js,' })).toEqual([
    '/opt/one.ts',
    'file:///opt/two.js',
  ]);
});

test.each(['methods/one.ts', './one.ts', '/opt/one.ts,two.ts'])(
  'a path like %s, which would depend on who loads it, is refused',
  (METHODS) => {
    expect(() => methods({ METHODS })).toThrow('METHODS: expected absolute paths or URLs');
  },
);
