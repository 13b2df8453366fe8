import { expect, it } from 'vitest';
import { pagesAddress } from './pages-address.ts';

const of = (PAGE_LISTEN: string, PAGE_URL?: string) => pagesAddress({ PAGE_LISTEN, PAGE_URL });

it('is the address that was given, or that of pages on loopback', () => {
  expect(of('0.0.0.0:8780', 'https://ddad.example.org/')).toBe('https://ddad.example.org');
  expect(of('127.0.0.1:8780')).toBe('http://127.0.0.1:8780');
});

it('is none where there are no pages, or nobody knows where they are reached', () => {
  expect(of('off', 'https://ddad.example.org')).toBeUndefined();
  expect(of('0.0.0.0:8780')).toBeUndefined();
  expect(of('127.0.0.1:0')).toBeUndefined();
});
