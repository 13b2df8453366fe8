import type { BriefResult, Sharing } from '@ddad/contract';

/**
 * Artifacts that finished runs made, by kind, each once however many runs use it: one counts as made where any of them
 * wanted it before it was published.
 */
export function sharedArtifacts(
  results: readonly Pick<BriefResult, 'made' | 'wanted'>[],
): Record<string, Sharing> {
  const shared: Record<string, Sharing> = {};
  const made = new Set<string>();
  const of = (kind: string) => (shared[kind] ??= { made: 0, naive: 0 });
  for (const result of results) {
    for (const { kind } of result.wanted) of(kind).naive += 1;
    for (const { kind, key } of result.made) {
      if (made.has(`${kind}/${key}`)) continue;
      made.add(`${kind}/${key}`);
      of(kind).made += 1;
    }
  }
  return shared;
}
