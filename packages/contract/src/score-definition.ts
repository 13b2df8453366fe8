import { z } from 'zod';

/** What a score of a method is: reports, tables and CSV are made from these. */
export const scoreDefinitionSchema = z.object({
  /** As `scores.csv` and `report.json` have it: a letter, then letters and digits. */
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,39}$/),
  /** As a paper writes it: a letter with an index. */
  symbol: z.object({ letter: z.string().max(8), index: z.string().max(24) }),
  /** What it is, in a few words. */
  meaning: z.string().max(300),
  /** Whether there is a heat map whose mean over the pixels is this score. */
  map: z.boolean(),
  /** Of the scores that a run has, the one of the highest rank is its main score. Never chosen by its AUC. */
  rank: z.int(),
});
export type ScoreDefinition = z.infer<typeof scoreDefinitionSchema>;

/** The name of the score by which images are ranked: of those that a run has, that of the highest rank; null for none. */
export function mainScore(
  definitions: readonly Pick<ScoreDefinition, 'name' | 'rank'>[],
  has: Readonly<Partial<Record<string, unknown>>>,
): string | null {
  const present = definitions.filter(({ name }) => has[name] !== undefined);
  return present.toSorted((a, b) => b.rank - a.rank)[0]?.name ?? null;
}
