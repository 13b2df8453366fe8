import { type Fault, isObject } from '@ddad/contract';
import { badInput } from './failure.ts';
import { flaggedFields, type RunFlags } from './run-input.ts';

/**
 * Puts `PATH=VALUE` into an object: `refiner.epochs=20`. A value that is JSON is that, any other is a text.
 * @param file where the paths begin; not changed
 * @param flags what else was given, and wins over the object
 * @returns the object with all of them; `file` itself where there are none
 * @throws CommandFailure that lists all that is no assignment, is given more than once, or goes through what is no object
 */
export function withAssignments(file: unknown, texts: readonly string[], flags: RunFlags = {}): unknown {
  if (texts.length === 0) return file;
  const faults: Fault[] = [];
  const assignments: Assignment[] = [];
  for (const text of texts) {
    const [, path, value] = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(text) ?? [];
    if (path === undefined || value === undefined) {
      const message = `expected FIELD=VALUE, as refiner.epochs=20, got ${JSON.stringify(text)}`;
      faults.push({ path: '', message });
    } else assignments.push({ path, steps: path.split('.'), value: readValue(value) });
  }
  const twice = givenTwice(assignments, flags);
  faults.push(...twice);
  const whole: Record<string, unknown> = structuredClone(isObject(file) ? file : {});
  // Of two that are at odds neither is put anywhere: each would be told of the other's value.
  if (twice.length === 0) {
    for (const assignment of assignments) faults.push(...assign(whole, assignment));
  }
  if (faults.length > 0) throw badInput('nothing was started: --set is at fault', faults);
  // Whoever reads the file says what it is.
  return file === undefined || isObject(file) ? whole : file;
}

interface Assignment {
  path: string;
  steps: readonly string[];
  value: unknown;
}

/** Fields that are given more than once, by themselves or as part of others: one of the values would be lost without a word. */
function givenTwice(assignments: readonly Assignment[], flags: RunFlags): Fault[] {
  const counts = new Map<string, number>();
  for (const { path } of assignments) counts.set(path, (counts.get(path) ?? 0) + 1);
  const faults: Fault[] = [];
  for (const [path, count] of counts) {
    if (count > 1) faults.push({ path, message: `expected it once, got it ${count} times` });
    for (const whole of counts.keys()) {
      if (!path.startsWith(`${whole}.`)) continue;
      faults.push({ path, message: `expected it or ${whole}, whose field it is, got both` });
    }
    const flagged = flaggedFields.find((field) => field === path.split('.', 1)[0]);
    if (flagged === undefined || flags[flagged] === undefined) continue;
    faults.push({ path, message: `expected it by --set or by --${flagged}, got both` });
  }
  return faults;
}

/** @returns why it could not be put there; nothing where it was */
function assign(whole: Record<string, unknown>, { path, steps, value }: Assignment): Fault[] {
  let at = whole;
  for (const step of steps.slice(0, -1)) {
    // What an object inherits is none of its fields.
    const inner = (Object.hasOwn(at, step) ? at[step] : undefined) ?? {};
    if (!isObject(inner)) {
      return [{ path, message: `${step} is ${JSON.stringify(inner)}, which has no fields` }];
    }
    at[step] = inner;
    at = inner;
  }
  at[steps.at(-1)!] = value;
  return [];
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
