import { expect, test } from 'vitest';
import { formatHostPort, hostPortSchema, isLoopbackHost, parseHostPort } from './host-port.ts';

test.each([
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['scorer.ddad.svc:50051', { host: 'scorer.ddad.svc', port: 50051 }],
  ['[fd00::2]:65535', { host: 'fd00::2', port: 65535 }],
])('%s is read, and written as it was', (text, place) => {
  expect(parseHostPort(text)).toEqual(place);
  expect(formatHostPort(place)).toBe(text);
  expect(hostPortSchema.parse(text)).toBe(text);
});

test.each([
  ['', 'expected host:port'],
  ['localhost', 'expected host:port'],
  [':1', 'expected host:port'],
  ['a:01', 'expected host:port'],
  ['a b:1', 'expected host:port'],
  // Else nobody could say where the port starts.
  ['fd00::2:1', 'expected host:port'],
  ['[fd00::2]', 'expected host:port'],
  ['[10.0.0.7:5]:1', 'expected host:port'],
  ['user@host:1', 'expected host:port'],
  ['http://host:1', 'expected host:port'],
  [`${'a'.repeat(254)}:1`, 'expected host:port'],
  ['host:65536', 'expected a port up to 65535'],
])('%j is no place', (text, message) => {
  expect(parseHostPort(text)).toBeNull();
  expect(hostPortSchema.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test('an IPv6 host gets brackets once', () => {
  expect(formatHostPort({ host: '::1', port: 5 })).toBe('[::1]:5');
  expect(formatHostPort({ host: '[::1]', port: 5 })).toBe('[::1]:5');
});

test('loopback is what nobody else reaches', () => {
  const yes = ['127.0.0.1', '127.8.9.255', 'localhost', 'LocalHost', '::1', '[::1]'];
  const no = [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.1.example.org',
    'localhost.example.org',
    '1270.0.0.1',
    '127.0.0.256',
    '',
  ];
  expect(yes.filter(isLoopbackHost)).toEqual(yes);
  expect(no.filter(isLoopbackHost)).toEqual([]);
});
