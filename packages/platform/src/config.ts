import { readFileSync } from 'node:fs';
import { describeFaults, type Fault } from '@ddad/contract';
import type { z } from 'zod';

/** Every fault of a process's configuration at once, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(`the configuration is at fault:\n${describeFaults(faults)}`);
    this.faults = faults;
  }
}

/** Variables whose values are never shown. */
const secretName = /SECRET|PASSWORD|TOKEN|KEY|HEADERS/;

/**
 * Reads a process's configuration: the only reader of the environment.
 *
 * The schema's keys are names of environment variables. For each, `X_FILE` may name a file that holds the value
 * instead (a mounted secret); one line break at its end is dropped. An empty variable counts as unset.
 *
 * @param schema values arrive as strings: numbers need `z.coerce`. A field's description says what it is for.
 * @throws ConfigError that lists every fault: the variable, what was expected, and what came.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>> = process.env,
): z.output<Schema> {
  const faults: Fault[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const read = readVariable(env, name);
    if ('fault' in read) faults.push({ path: name, message: read.fault });
    else if (read.value !== undefined) values[name] = read.value;
  }

  const parsed = schema.safeParse(values);
  const unread = new Set(faults.map((fault) => fault.path));
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    // What could not be read is missing here too; it has been said already.
    if (unread.has(name)) continue;
    faults.push({ path: name, message: describeIssue(schema, name, values[name], issue.message) });
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return parsed.data;
}

function readVariable(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): { value: string | undefined } | { fault: string } {
  const value = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (file === undefined) return { value };
  if (value !== undefined) return { fault: `expected one of ${name} and ${name}_FILE, got both` };
  try {
    return { value: readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { fault: `expected ${name}_FILE to name a readable file, got ${reason}` };
  }
}

function describeIssue(
  schema: z.ZodObject,
  name: string,
  value: string | undefined,
  message: string,
): string {
  if (value === undefined) {
    const what = schema.shape[name]?.meta()?.description;
    return `expected ${typeof what === 'string' ? what : 'a value'}, got nothing (set ${name}, or ${name}_FILE to a file that holds it)`;
  }
  return `${message.replace(/^Invalid (input|option): /, '')}, got ${show(name, value)}`;
}

function show(name: string, value: string): string {
  if (secretName.test(name)) return 'a value that is not shown';
  // Addresses may carry credentials.
  return JSON.stringify(value.replace(/\/\/[^/]*@/, '//***@'));
}
