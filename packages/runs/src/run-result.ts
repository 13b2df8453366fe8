import {
  defaultMethod,
  type ExperimentResult,
  experimentResultSchema,
  faultsOf,
  isObject,
  type RunResult,
  runIdSchema,
  runResultSchema,
} from '@ddad/contract';
import { type MethodRegistry, methods as shippedMethods } from '@ddad/methods';
import { z } from 'zod';

/** Something is no result of a run. The message says what was expected and what came. */
export class MalformedResult extends Error {
  override readonly name = 'MalformedResult';
}

/**
 * Reads a run's result, of whichever version: runs from before there were methods are of the default one, those from
 * before there were pages have none, and an input has what its method's later fields were then.
 * @param source for the message: `reports/ID/report.json`
 * @throws MalformedResult that lists every fault
 */
export function parseRunResult(
  value: unknown,
  source: string,
  methods: MethodRegistry = shippedMethods,
): RunResult {
  const raw = isObject(value) ? value : {};
  const files = isObject(raw.files) ? { page: null, ...raw.files } : raw.files;
  const parsed = runResultSchema.safeParse({ method: defaultMethod, ...raw, files });
  if (!parsed.success) throw malformed(parsed.error, value, `${source}: expected a run's result`);
  const { input } = parsed.data;
  return { ...parsed.data, ...(input === undefined ? {} : { input: methods.storedInput(input) }) };
}

function malformed(error: z.ZodError, value: unknown, expected: string): MalformedResult {
  const faults = faultsOf(error, value).map(({ path, message }) => `${path}: ${message}`);
  return new MalformedResult(`${expected}; ${faults.join('; ')}`);
}

/** The same of a report's text. */
export function parseReport(text: string | Buffer, source: string): RunResult {
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (cause) {
    throw new MalformedResult(`${source}: expected JSON, got other text`, { cause });
  }
  return parseRunResult(value, source);
}

const briefSchema = z.object({ runId: runIdSchema, report: z.string(), wanted: z.array(z.unknown()) });

/** What a run's workflow returned; the result is null where the run is part of an experiment: its report alone holds it then. */
export interface WorkflowResult {
  runId: string;
  result: RunResult | null;
}

/** @throws MalformedResult */
export function parseWorkflowResult(value: unknown): WorkflowResult {
  const brief = briefSchema.safeParse(value);
  if (brief.success) return { runId: brief.data.runId, result: null };
  const result = parseRunResult(value, "the workflow's result");
  return { runId: result.runId, result };
}

/**
 * What an experiment's workflow returned.
 * @throws MalformedResult
 */
export function parseExperimentResult(value: unknown): ExperimentResult {
  const parsed = experimentResultSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw malformed(parsed.error, value, "the workflow's result: expected an experiment's");
}

/** Keys of all artifacts that a result names. */
export function artifactKeysOf({ members, artifacts, nodes = [] }: RunResult): string[] {
  return [
    ...members.map(({ key }) => key),
    ...Object.values(artifacts).filter((key) => key !== null),
    ...nodes.map(({ key }) => key),
  ];
}
