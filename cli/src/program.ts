import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError } from 'commander';
import { completionScript, type Shell, shells } from './completion.ts';
import { CommandFailure, exitCodes } from './failure.ts';
import { OutputEnded } from './process-screens.ts';
import { type Connections, connectionsFor } from './program/connections.ts';
import { addDatasetCommands } from './program/dataset-commands.ts';
import { addExperimentCommand } from './program/experiment-command.ts';
import type { Invocation, PreparedInvocation } from './program/invocation.ts';
import { asksForJson, documented, writeDocument } from './program/json-option.ts';
import { addLocalCommands } from './program/local-commands.ts';
import { methodsFor } from './program/methods.ts';
import { addResultCommands } from './program/result-commands.ts';
import { addRunCommand } from './program/run-command.ts';
import { addSteeringCommands } from './program/steering-commands.ts';
import { addStoreCommands } from './program/store-commands.ts';
import { addWeightsCommands } from './program/weights-commands.ts';
import { styled } from './screen.ts';

const exitCodeHelp = `
Exit codes:
  0    done
  1    what the command needs is away or at fault: a server does not answer, a file cannot be read, ...
  2    bad input: an option, an argument, a run's input, or a name that nothing has
  3    the run failed or was cancelled
  4    the run is in no state for it: ended already, or under way still
  130  interrupted (Ctrl-C), 143 ended by SIGTERM; either way a run goes on in the cluster: "ddad cancel RUN" ends it
With --json every command prints one JSON document, {"error": ...} where it failed; docs/commands.md has the forms.

The cluster: environment variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY,
TEMPORAL_TLS_CA, TEMPORAL_TLS_SERVER_NAME, TEMPORAL_API_KEY, NATS_URL, S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY,
S3_SECRET_KEY, each also as NAME_FILE), else the local cluster of "make up" (DDAD_HOME, else the nearest
.ddad directory upwards from here, else the checkout's). METHODS names modules of further methods. DDAD_DEBUG=1 shows stacks of errors, NO_COLOR=1 drops colours.`;

/**
 * Runs one command line. Never rejects: what fails is told on the error screen.
 * @param args without the program's name
 * @param connect gives actions their connections
 * @returns the exit code
 */
export async function runCli(
  args: readonly string[],
  invocation: Invocation,
  connect: (invocation: PreparedInvocation) => Connections = connectionsFor,
): Promise<number> {
  const { screens, environment } = invocation;
  const outcome = { code: exitCodes.ok as number };
  /** What a command that failed prints where a document is wanted. */
  const tell = (message: string, code: number, found?: unknown) => {
    if (asksForJson(args)) writeDocument(screens.out, found ?? { error: { message, exitCode: code } });
    return code;
  };
  try {
    const methods = await methodsFor(invocation);
    const prepared = { ...invocation, methods };
    await buildProgram(prepared, connect(prepared), outcome).parseAsync(args, { from: 'user' });
    return outcome.code;
  } catch (error) {
    // Whoever has the process says so where anybody is to hear of it.
    if (error instanceof OutputEnded) return error.exitCode;
    // Commander has told its own errors already; help and version are none.
    if (error instanceof CommanderError) {
      return error.exitCode === 0
        ? exitCodes.ok
        : tell(error.message.replace(/^error: /, ''), exitCodes.badInput);
    }
    const away = isOfStore(error) && /^(E[A-Z_]+|DeadlineExceeded)$/.test(error.code);
    const detail =
      (error instanceof Error ? error.message : String(error)) +
      (away ? '\nis the cluster up? ("make status")' : '');
    const code = error instanceof CommandFailure ? error.exitCode : exitCodes.failed;
    const interrupted = code === exitCodes.interrupted || code === exitCodes.terminated;
    screens.err.write(`${interrupted ? '' : styled(screens.err, 'red', 'error: ')}${detail}\n`);
    if (environment.DDAD_DEBUG) screens.err.write(`${stackOf(error)}\n`);
    return tell(detail, code, error instanceof CommandFailure ? error.document : undefined);
  }
}

/** A StoreError, by its name: its class would bring the store's client, which most commands can do without. */
function isOfStore(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && error.name === 'StoreError' && 'code' in error && typeof error.code === 'string'
  );
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) parts.push(at.stack ?? at.message);
  return parts.join('\ncaused by: ');
}

/** The command line's grammar and help; the help lists commands in the order in which they are added. */
export function buildProgram(
  invocation: PreparedInvocation,
  connections: Connections,
  outcome: { code: number },
): Command {
  const { screens } = invocation;
  const program = new Command('ddad')
    .description('Trains ensembles that find anomalies in medical images (DDAD), and shows how they do.')
    .version(version(), '--version', "print this program's version")
    // What follows a command's name is that command's: "run" and "run delete" have options of the same name.
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => screens.out.write(text),
      writeErr: (text) => screens.err.write(text),
      getOutHelpWidth: () => screens.out.columns,
      getErrHelpWidth: () => screens.err.columns,
    })
    .addHelpText('after', exitCodeHelp);
  addDatasetCommands(program, invocation, connections);
  addWeightsCommands(program, invocation, connections);
  addRunCommand(program, invocation, connections);
  addExperimentCommand(program, invocation, connections);
  addSteeringCommands(program, invocation, connections);
  addResultCommands(program, invocation, connections);
  addStoreCommands(program, invocation, connections);
  addLocalCommands(program, invocation, connections, (code) => {
    outcome.code = code;
  });
  const completion = program
    .command('completion')
    .description('Prints what has a shell complete commands and options: eval "$(ddad completion bash)".')
    .addArgument(new Argument('<shell>', 'which one').choices(shells));
  documented(completion, screens, async (screens, shell: Shell) => {
    const script = completionScript(program, shell);
    screens.out.write(script);
    return { shell, script };
  });
  return program;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
