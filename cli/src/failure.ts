import { describeFaults, type Fault, visibleLine } from '@ddad/contract';

/** Exit codes of `ddad`; docs/commands.md says which fault gives which. */
export const exitCodes = {
  ok: 0,
  /** Of what a command needs, something is away, refuses, or is at fault: a server, a dataset's files, a stored object. */
  failed: 1,
  /** The command line, or what it names, is at fault. */
  badInput: 2,
  /** The run, or a run of the experiment, failed, was cancelled or terminated. */
  runFailed: 3,
  /** The run is not in a state for it: it has ended already, is under way still, or is no run but an experiment. */
  notNow: 4,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that the user is told in one message, without a stack, and the exit code it gives. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** What the command found out all the same: what `--json` prints; absent where that is nothing. */
  readonly document?: unknown;

  constructor(
    message: string,
    exitCode: ExitCode = exitCodes.failed,
    { document, ...options }: ErrorOptions & { document?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
    if (document !== undefined) this.document = document;
  }
}

/** A reference names no run. */
export function noSuchRun(reference: string, cause?: unknown): CommandFailure {
  return new CommandFailure(`no run ${reference}; "npx ddad runs" lists them`, exitCodes.badInput, { cause });
}

/** A name is no dataset's. */
export function noSuchDataset(name: string): CommandFailure {
  return new CommandFailure(`no dataset ${name}; "npx ddad dataset list" lists them`, exitCodes.badInput);
}

/** A name is of no weights. */
export function noSuchWeights(name: string): CommandFailure {
  return new CommandFailure(`no weights ${name}; "npx ddad weights list" lists them`, exitCodes.badInput);
}

/** A run is in no state for what was asked for. */
export function notNow(message: string): CommandFailure {
  return new CommandFailure(message, exitCodes.notNow);
}

/** Faults that are listed; of more it is said how many. */
const listedFaults = 100;

/** The faults of an input under one heading, one a line, as a failure with the exit code for bad input. */
export function badInput(heading: string, faults: readonly Fault[], exitCode: ExitCode = exitCodes.badInput) {
  // Where a fault is, is often a file's name: it gets no lines of its own.
  const named = faults
    .slice(0, listedFaults)
    .map(({ path, message }) => ({ path: visibleLine(path), message }));
  const lines = describeFaults(named)
    .split('\n')
    .map((line) => `  ${line}`);
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  if (faults.length > listedFaults) lines.push(`  and ${faults.length - listedFaults} more`);
  return new CommandFailure(`${heading} (${count}):\n${lines.join('\n')}`, exitCode);
}
