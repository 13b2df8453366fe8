import { expect, test } from 'vitest';
import { isListed } from './host-list.ts';

test.each([
  ['*', 's3.example.com', true],
  ['example.com', 's3.example.com', true],
  ['.example.com', 's3.example.com', true],
  ['*.example.com', 's3.example.com', true],
  ['example.com', 'example.com', true],
  ['Example.COM', 'S3.example.com', true],
  ['other.org, example.com', 's3.example.com', true],
  ['other.org example.com', 's3.example.com', true],
  ['example.com', 'badexample.com', false],
  ['s3', 's3.example.com', false],
  ['10.0.0.0/8', '10.200.3.4', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/33', '10.0.0.1', false],
  ['fd00::/8', 'fd12::1', true],
  ['10.0.0.0/8', 'fd12::1', false],
  ['10.0.0.7', '10.0.0.7', true],
  ['0.0.7', '10.0.0.7', false],
  ['fd12::1', 'fd12::1', true],
  ['[fd12::1]:443', 'fd12::1', true],
  ['', 's3.example.com', false],
])('%j names %s: %s', (list, host, named) => {
  expect(isListed(list, { host, port: 443 })).toBe(named);
});

test('an entry may name a port', () => {
  const place = { host: 's3.example.com', port: 443 };
  expect(isListed('s3.example.com:443', place)).toBe(true);
  expect(isListed('s3.example.com:9000', place)).toBe(false);
});
