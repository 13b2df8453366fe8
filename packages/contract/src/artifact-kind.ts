import './zod-without-jit.ts';
import { z } from 'zod';

/**
 * What sort of artifact something is, and so who can make it: `members`, `maps`. Methods bring their kinds along; the
 * engine knows the form of the name only, since object keys begin with it.
 */
export type ArtifactKind = string;

/** First parts of object keys that hold something else than artifacts. */
const takenPrefixes: ReadonlySet<string> = new Set([
  'checkpoints',
  'datasets',
  'experiments',
  'probes',
  'reports',
]);

/** A kind's name: a letter, then letters, digits and hyphens, 41 characters at most, all lower case. */
export const artifactKindSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,40}$/,
    'expected a lower-case letter, then up to 40 lower-case letters, digits, "-"',
  )
  .refine(
    (kind) => !takenPrefixes.has(kind),
    'expected a name that the store does not use for something else',
  );
