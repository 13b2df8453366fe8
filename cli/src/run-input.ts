import { createReadStream } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { type ChoiceMode, type ExperimentInput, isObject, type RunSettings } from '@ddad/contract';
import { parseJsonText } from '@ddad/dataset/json-text';
import type { MethodRegistry } from '@ddad/methods';
import { type Layouts, layoutFaults } from './experiment/layouts.ts';
import { badInput, CommandFailure, exitCodes } from './failure.ts';

/** Fields of a run's input that have a flag of their own, whichever methods know them. */
export const flaggedFields = ['dataset', 'method', 'backbone', 'k', 'epochs', 'seed'] as const;

/** What was not given is undefined. */
export type RunFlags = Partial<Record<(typeof flaggedFields)[number], string | undefined>>;

/** An input's size has no use beyond this many bytes; a wrong path should not fill the memory. */
const largestInput = 1 << 20;

/**
 * A run's input: defaults, under what the file says, under the flags. Nested fields that a file leaves out keep
 * their defaults.
 * @param file parsed JSON of `--input`; undefined where there is none
 * @throws CommandFailure that lists every fault
 */
export function mergeRunInput(methods: MethodRegistry, file: unknown, flags: RunFlags): RunSettings {
  if (file !== undefined && !isObject(file)) {
    throw badInput('the run was not started: --input is at fault', [
      { path: '', message: `expected a JSON object, got ${JSON.stringify(file).slice(0, 60)}` },
    ]);
  }
  const given: Record<string, unknown> = {};
  for (const name of ['dataset', 'method', 'backbone'] as const)
    if (flags[name] !== undefined) given[name] = flags[name];
  for (const name of ['k', 'epochs', 'seed'] as const) {
    if (flags[name] !== undefined) given[name] = asNumber(flags[name]);
  }
  // Where anything else is said, the list of faults has the dataset among them.
  if (file === undefined && Object.keys(given).length === 0) {
    throw new CommandFailure(
      'the run was not started: expected to be told which dataset: --dataset NAME ("ddad dataset list" names them)',
      exitCodes.badInput,
    );
  }
  const parsed = methods.parseRunInput({ ...file, ...given });
  if ('faults' in parsed) throw badInput('the run was not started: its input is at fault', parsed.faults);
  return parsed.input;
}

/** What is no number stays as it is, so that the schema says what came. */
function asNumber(text: string): number | string {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

/**
 * An experiment as its file says it; checked against the schemas, every combination.
 * @param layouts the paper's tables and figures that are wanted of it
 * @param choose what is to be chosen, whatever the file says; absent: as the file says
 * @throws CommandFailure that lists every fault
 */
export function experimentOf(
  methods: MethodRegistry,
  file: unknown,
  layouts: Layouts,
  choose?: ChoiceMode,
): ExperimentInput {
  const wanted = choose !== undefined && isObject(file) ? { ...file, choose } : file;
  const parsed = methods.parseExperiment(wanted);
  const heading = 'the experiment was not started: its file is at fault';
  if ('faults' in parsed) throw badInput(heading, parsed.faults);
  const unfit = layoutFaults(methods, parsed, layouts);
  if (unfit.length > 0) throw badInput(heading, unfit);
  return parsed.experiment;
}

/**
 * Reads JSON from any readable path: files, pipes, `/dev/fd/N`, `/dev/stdin`.
 * @throws CommandFailure where the path cannot be read or holds no JSON
 */
export async function readJsonInput(path: string): Promise<unknown> {
  let bytes: Buffer;
  try {
    bytes = await readAll(createReadStream(path));
  } catch (error) {
    const fd = descriptorOf(path);
    // A socket's entry under /dev/fd cannot be opened, only the descriptor itself can be read.
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO' || fd === null) throw unreadable(path, error);
    bytes = await readAll(new Socket({ fd, readable: true, writable: false })).catch((cause) => {
      throw unreadable(path, cause);
    });
  }
  const parsed = parseJsonText(bytes, '');
  if ('faults' in parsed) throw badInput(`nothing was started: ${path} is at fault`, parsed.faults);
  return parsed.value;
}

function unreadable(path: string, cause: unknown): CommandFailure {
  if (cause instanceof CommandFailure) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandFailure(`cannot read ${path}: ${reason}`, exitCodes.badInput, { cause });
}

function descriptorOf(path: string): number | null {
  if (path === '/dev/stdin') return 0;
  const match = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path);
  return match === null ? null : Number(match[1]);
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > largestInput) {
      throw new CommandFailure(
        `expected at most ${largestInput} bytes of JSON, got more`,
        exitCodes.badInput,
      );
    }
  }
  return Buffer.concat(chunks);
}
