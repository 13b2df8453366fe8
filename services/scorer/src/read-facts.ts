import { describeFaults, type Fault, faultsOf, type ReportFacts } from '@ddad/contract';
import { JobError } from '@ddad/rpc';
import { z } from 'zod';

/** Becomes part of object keys, as the run's name does. */
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
const count = z.int().min(0);

/** What a report is made of; further fields are the run's own, and go into the report as they came. */
const factsSchema = z.looseObject({
  runId: z.string().regex(/^[A-Za-z0-9_-]{1,200}$/, 'expected 1 to 200 letters, digits, "_", "-"'),
  dataset: z.string(),
  datasetDigest: digest,
  synthetic: z.boolean(),
  backbone: z.string(),
  k: count,
  seed: count,
  members: z
    .array(
      z.looseObject({
        role: z.enum(['ndm', 'udm']),
        index: count,
        seed: count,
        key: digest,
        trainer: z.string(),
        seconds: z.number(),
        loss: z.number().nullable(),
        reused: z.boolean(),
      }),
    )
    .max(1000),
  artifacts: z.looseObject({
    maps: digest.nullable(),
    rIntra: digest.nullable(),
    rDual: digest.nullable(),
    kCurve: digest.optional(),
  }),
  refined: z.looseObject({ rIntra: digest.nullable(), rDual: digest.nullable() }),
  reference: z.looseObject({ maps: digest, rIntra: digest.nullable(), rDual: digest.nullable() }).optional(),
  seconds: z.record(z.string(), z.number()),
  input: z.looseObject({}),
});

/** Faults that one answer lists. */
const shownFaults = 20;

/**
 * Reads a run's facts out of a Report request.
 * @throws JobError `invalid` with the faults
 */
export function readFacts(json: string): ReportFacts {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new JobError('invalid', 'facts_json: expected JSON', { cause });
  }
  const parsed = factsSchema.safeParse(value);
  if (parsed.success) return value as ReportFacts;
  const faults: Fault[] = faultsOf(parsed.error, value).map(({ path, message }) => ({
    path: path === '' ? 'facts_json' : `facts_json.${path}`,
    message,
  }));
  throw new JobError('invalid', describeFaults(faults.slice(0, shownFaults)));
}
