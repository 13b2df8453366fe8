import { describeFaults, type Fault, visibleLine } from '@ddad/contract';

/** Exit codes of `ddad`; `--help` documents them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  badInput: 2,
  runFailed: 3,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that the user is told in one message, without a stack, and the exit code it gives. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
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
