import { expect, test } from 'vitest';
import { faultOfFile, UnreadableImage } from './unreadable-image.ts';

test('what a reader did not foresee is a fault of its file, without what a header may say', () => {
  expect(faultOfFile(new UnreadableImage('expected a whole PNG image, got half of one'))).toBe(
    'expected a whole PNG image, got half of one',
  );
  expect(faultOfFile(new TypeError('Doe^Jane is undefined'))).toBe(
    'expected a whole image, reading it failed: TypeError',
  );
  let outside: unknown;
  try {
    Buffer.alloc(4).readInt32LE(2);
  } catch (error) {
    outside = error;
  }
  expect(faultOfFile(outside)).toBe(
    'expected a whole image, reading it failed: RangeError (ERR_OUT_OF_RANGE)',
  );
});

test('memory that is not there, and what was stopped, are no faults of a file', () => {
  const errors = [
    new RangeError('Array buffer allocation failed'),
    Object.assign(new Error('read'), { code: 'ENOMEM' }),
    new DOMException('stopped', 'AbortError'),
  ];
  for (const error of errors) expect(() => faultOfFile(error)).toThrow(error);
});
