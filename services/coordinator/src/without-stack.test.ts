import { expect, it } from 'vitest';
import { withoutStack } from './without-stack.ts';

it('leaves the message, however many lines it has, and what follows the stack', () => {
  const stack = '\n    at async write (node:internal/fs/promises:802:8)\n    at file:///work/a.ts:1:2';
  expect(withoutStack(`trainer a: Error: ENOSPC,\nwrite${stack}\nmore`)).toBe(
    'trainer a: Error: ENOSPC,\nwrite\nmore',
  );
});
