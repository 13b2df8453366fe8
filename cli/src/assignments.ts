import { isObject } from '@ddad/contract';
import { CommandFailure, exitCodes } from './failure.ts';

/**
 * Puts `PATH=VALUE` into an object: `refiner.epochs=20`. A value that is JSON is that, any other is a text.
 * @param file where the paths begin; not changed
 * @returns the object with all of them; `file` itself where there are none
 * @throws CommandFailure on what is no assignment, comes twice, or goes through what is no object
 */
export function withAssignments(file: unknown, assignments: readonly string[]): unknown {
  if (assignments.length === 0) return file;
  if (file !== undefined && !isObject(file)) return file;
  const whole: Record<string, unknown> = structuredClone(file ?? {});
  const seen = new Set<string>();
  for (const text of assignments) {
    const [, path, value] = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(text) ?? [];
    if (path === undefined || value === undefined)
      throw atFault(`expected FIELD=VALUE, as refiner.epochs=20, got ${JSON.stringify(text)}`);
    if (seen.has(path)) throw atFault(`${path} is given twice`);
    seen.add(path);
    assign(whole, path.split('.'), readValue(value), path);
  }
  return whole;
}

function assign(
  whole: Record<string, unknown>,
  steps: readonly string[],
  value: unknown,
  path: string,
): void {
  const [step, ...rest] = steps as [string, ...string[]];
  if (rest.length === 0) {
    whole[step] = value;
    return;
  }
  // What an object inherits is none of its fields.
  const inner = (Object.hasOwn(whole, step) ? whole[step] : undefined) ?? {};
  if (!isObject(inner)) throw atFault(`${path}: ${step} is ${JSON.stringify(inner)}, which has no fields`);
  whole[step] = inner;
  assign(inner, rest, value, path);
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function atFault(message: string): CommandFailure {
  return new CommandFailure(`nothing was started: --set: ${message}`, exitCodes.badInput);
}
