type Leaf = string | number | boolean | null;

/** How far a number may be from the recorded one; null: it must be the same. */
export type Allowance = (path: string, recorded: number) => number | null;

/** What of a JSON value cannot be taken apart, by path. */
function leavesOf(value: unknown, path: string): [string, Leaf][] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[path, value as Leaf]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, Array.isArray(value) ? '[]' : '{}']];
  return entries.flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

/** A place where a value is not as recorded; absent is what is not there. */
export interface Difference {
  path: string;
  recorded?: Leaf;
  found?: Leaf;
}

/** Every place where a JSON value is not as recorded, or further from it than is allowed. */
export function differences(found: unknown, recorded: unknown, allowed: Allowance): Difference[] {
  const left = new Map(leavesOf(found, ''));
  const result: Difference[] = [];
  for (const [path, wanted] of leavesOf(recorded, '')) {
    const came = left.get(path);
    left.delete(path);
    if (came === wanted) continue;
    if (came === undefined) result.push({ path, recorded: wanted });
    else {
      const allowance = typeof wanted === 'number' ? allowed(path, wanted) : null;
      const near =
        allowance !== null && typeof came === 'number' && Math.abs(came - Number(wanted)) <= allowance;
      if (!near) result.push({ path, recorded: wanted, found: came });
    }
  }
  for (const [path, came] of left) result.push({ path, found: came });
  return result;
}
