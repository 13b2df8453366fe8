import type { RunInput } from '@ddad/contract';
import { methods } from './index.ts';

const parse = (fields: object) => methods.parseRunInput({ dataset: 'a', ...fields });

/** A run's input with its defaults, of fields that have no fault. */
export function settingsOf(fields: object): RunInput {
  const parsed = parse(fields);
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.input;
}

/** Its faults as `path: message`. */
export function faultsIn(fields: object): string[] {
  const parsed = parse(fields);
  return 'faults' in parsed ? parsed.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}
