/**
 * Holds seeds, keys and specifications of what runs make against those that were recorded before methods planned them: a
 * finished artifact is found by its key, so that a key that changes costs its users every training anew.
 *
 * `RECORD=1 vitest run --project unit services/coordinator/src/activities/recorded-plans.test.ts` and `make format` record
 * anew for the inputs in recorded-plans.json; an input is added there by hand, without artifacts. Only an input that is new
 * may change what was recorded, or a new recipe version.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type PlannedArtifact, plannedArtifacts } from './planned-artifacts.testing.ts';

const file = join(import.meta.dirname, 'recorded-plans.json');

const member = z.object({ role: z.enum(['ndm', 'udm']), index: z.number() });
const recordSchema = z.object({
  runs: z.array(
    z.object({
      name: z.string(),
      input: z.record(z.string(), z.json()),
      diverged: z.array(member.extend({ retry: z.number() })).optional(),
      failed: z.array(member).optional(),
      /** KIND/KEY, sorted. */
      artifacts: z.array(z.string()).default([]),
    }),
  ),
  /** Specifications by KIND/KEY. */
  specs: z.record(z.string(), z.record(z.string(), z.json())).default({}),
});

const nameOf = ({ kind, key }: PlannedArtifact) => `${kind}/${key}`;

let recorded = recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));

beforeAll(async () => {
  if (process.env.RECORD !== '1') return;
  const specs: Record<string, object> = {};
  const runs: unknown[] = [];
  for (const { artifacts: _, ...run } of recorded.runs) {
    const planned = await plannedArtifacts(run);
    for (const artifact of planned) specs[nameOf(artifact)] = artifact.spec;
    runs.push({ ...run, artifacts: planned.map(nameOf).sort() });
  }
  const sorted = Object.fromEntries(Object.entries(specs).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify({ runs, specs: sorted }, null, 2)}\n`);
  recorded = recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
});

test.each(recorded.runs.map(({ name }, place) => ({ name, place })))(
  'a run makes the recorded artifacts: $name',
  async ({ place }) => {
    const run = recorded.runs[place];
    if (run === undefined) throw new Error(`expected a run at ${place} of ${file}, got none`);
    const planned = await plannedArtifacts(run);
    expect(planned.map(nameOf).sort()).toEqual(run.artifacts);
    const found = Object.fromEntries(planned.map((artifact) => [nameOf(artifact), artifact.spec]));
    expect(found).toEqual(Object.fromEntries(run.artifacts.map((name) => [name, recorded.specs[name]])));
  },
);
