import { expect, test } from 'vitest';
import { artifactKindSchema } from './artifact-kind.ts';

const accepts = (kind: unknown) => artifactKindSchema.safeParse(kind).success;

test.each(['members', 'maps', 'kcurves', 'refiners', 'refined', 'a', 'gan-2', `a${'b'.repeat(40)}`])(
  'a kind may be called %s',
  (kind) => expect(accepts(kind)).toBe(true),
);

test.each(['', 'Members', '2d', '-a', 'a/b', 'a.b', '..', 'ä', 'members\n', `a${'b'.repeat(41)}`, 7, null])(
  'a kind may not be called %j',
  (kind) => expect(accepts(kind)).toBe(false),
);

test.each(['checkpoints', 'datasets', 'experiments', 'reports'])(
  'a kind may not be called %s, where other objects lie',
  (kind) => expect(accepts(kind)).toBe(false),
);
