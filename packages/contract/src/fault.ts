import type { z } from 'zod';

/** One fault of an input: where (`refiner.epochs`; empty for the whole) and what was expected and what came. */
export interface Fault {
  path: string;
  message: string;
}

/** All faults at once, one a line, for people. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults
    .map((fault) => (fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`))
    .join('\n');
}

const shownLength = 60;

/** JSON of a received value, cut short, for messages. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(outline(value, 4)) ?? String(value);
  return text.length > shownLength ? `${text.slice(0, shownLength - 3)}...` : text;
}

/** What of a value can be shown: JSON of a deeply nested one would need more stack than there is. */
function outline(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.slice(0, shownLength);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '...';
  if (Array.isArray(value)) return value.slice(0, shownLength).map((one) => outline(one, depth - 1));
  const entries = Object.entries(value).slice(0, shownLength);
  return Object.fromEntries(
    entries.map(([key, one]) => [key.slice(0, shownLength), outline(one, depth - 1)]),
  );
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** A list that a person can read, and that a failure can carry. */
export const listedFaults = 100;
const listedPath = 200;

/**
 * Of a field that may be several things, the faults of what was meant: the alternative that was understood furthest. Where
 * none was understood at all, what each expects.
 */
function issuesOfUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const within = issue.errors.find((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (within !== undefined) {
    return within.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(issuesOfUnion);
  }
  const expected = issue.errors.map(([first]) =>
    first?.message.replace(/^Invalid input: expected |, received .*$/g, ''),
  );
  return [{ ...issue, message: `expected ${expected.join(' or ')}` }];
}

/** Zod's issues as faults that also say what came; of very many, the first hundred and how many more there are. */
export function faultsOf(error: z.ZodError, received: unknown): Fault[] {
  const faults: Fault[] = [];
  let more = 0;
  const add = (path: string, message: () => string) => {
    if (faults.length >= listedFaults) more += 1;
    else
      faults.push({
        path: path.length > listedPath ? `${path.slice(0, listedPath)}...` : path,
        message: message(),
      });
  };
  for (const issue of error.issues.flatMap(issuesOfUnion)) {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) add(path === '' ? key : `${path}.${key}`, () => 'unknown field');
      continue;
    }
    add(path, () => {
      const value = valueAt(received, issue.path);
      const came = value === undefined ? 'nothing' : showValue(value);
      return `${issue.message.replace(/^Invalid (input|option): /, '')}, got ${came}`;
    });
  }
  if (more > 0) faults.push({ path: '', message: `and ${more} more faults` });
  return faults;
}
