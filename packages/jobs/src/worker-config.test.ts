import { readConfig } from '@ddad/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { advertisedHost, advertiseSetting, workerIdSetting } from './worker-config.ts';

const read = (env: Record<string, string>) =>
  readConfig(z.object({ ID: workerIdSetting, ADVERTISE: advertiseSetting }), env);

test('a worker has a name of its own unless it is given one', () => {
  expect(read({ ID: 'trainer-1' }).ID).toBe('trainer-1');
  expect(() => read({ ID: 'a.b' })).toThrow('ID: expected 1 to 100 letters, digits, "_", "-", got "a.b"');
  const [one, two] = [read({}).ID, read({}).ID];
  expect(one).toMatch(/^[A-Za-z0-9_-]{8,100}$/);
  expect(two).not.toBe(one);
});

test.each(['10.0.0.7', 'trainer.lab', 'fd00::7', '[fd00::7]'])('%s can be advertised', (host) => {
  expect(read({ ADVERTISE: host }).ADVERTISE).toBe(host);
});

test.each(['10.0.0.7:5', 'http://lab', 'a b', '[fd00::7]:5', 'user@host'])('%s cannot be', (host) => {
  expect(() => read({ ADVERTISE: host })).toThrow(`ADVERTISE: expected a host without port, got "${host}"`);
});

test('a worker is reached where it listens, unless something else is set', () => {
  expect(advertisedHost('127.0.0.1:5', undefined, 'X')).toBe('127.0.0.1');
  expect(advertisedHost('[::1]:5', undefined, 'X')).toBe('::1');
  expect(advertisedHost('0.0.0.0:5', '10.0.0.7', 'X')).toBe('10.0.0.7');
});

test.each(['0.0.0.0:5', '[::]:5'])('%s alone is nowhere to dial', (listen) => {
  expect(() => advertisedHost(listen, undefined, 'SCORER_ADVERTISE')).toThrow(
    `SCORER_ADVERTISE: expected the host under which others reach what listens on ${listen}, got nothing`,
  );
});
