import { commonFields, defaultMethod } from '@ddad/contract';
import type { MethodEntry } from '@ddad/methods';
import type { Command } from 'commander';
import { withAssignments } from '../assignments.ts';
import { audited } from '../audit-file.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { tryDirectory } from '../output-place.ts';
import { mergeRunInput, type RunFlags, readJsonInput } from '../run-input.ts';
import type { Screens } from '../screen.ts';
import { runReference } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** `ddad run`. */
export function addRunCommand(
  program: Command,
  { screens: all }: Invocation,
  { methods, store, withRun, withTemporal, mlflow }: Connections,
): void {
  const names = methods.entries.map(({ method }) => `${method.name} (${method.title})`);
  const command = program
    .command('run')
    // What follows "delete" is its own: --json and --dry-run among it.
    .enablePositionalOptions()
    .description(
      'Starts a run (workflow trainEnsemble), follows it and prints AUC and AP of its scores. Members that are ' +
        'finished already are not trained again. Ctrl-C stops following; the run goes on.',
    )
    .option('--dataset <name>', 'which dataset')
    .option('--method <name>', `how anomalies are found: ${names.join(', ')} (default: ${defaultMethod})`)
    .option('--seed <n>', "the run's seed (default: 0)")
    .option('--k <n>', 'field "k" of the method: members per role; auto: by the trainers that are there')
    .option('--backbone <name>', 'field "backbone" of the method: what a member is')
    .option('--epochs <n>', 'field "epochs" of the method: epochs of a member')
    .option('--input <file>', "JSON object with any fields of the run's input; options win over it")
    .option(
      '--set <field=value>',
      'any field, nested ones too: --set refiner.epochs=20; may be given several times',
      (text: string, before: string[]) => [...before, text],
      [] as string[],
    )
    .option(
      '--dry-run',
      'start nothing: say what would be trained, what is there already, and how long it takes',
    )
    .option('--detach', 'start the run, print its name, and leave it to the cluster')
    .option('--out <dir>', 'write report.json, report.html and scores.csv there')
    .option(
      '--mlflow <uri>',
      'log the finished run in the MLflow server there: input, figures, report, charts, ONNX model; a server that is away fails no run',
    )
    .addHelpText(
      'after',
      `
Fields of --input, with their defaults; what is left out keeps them, nested fields too:
  {"dataset": "...", "method": "${defaultMethod}", "seed": 0}
  "unlabeled": M      use M unlabeled images, not all; 0: none
  "anomalousRate": r  the share of abnormal ones among them, where the dataset knows their labels
  "imageSize": 128    64, 128, 224 or 256: a size that the dataset was added at (--image-size 128), and that the method takes
  "calibration": s    hold the share s of the normal training images out, for thresholds and p-values
  "falsePositiveRate": a   what a threshold aims at (default: 0.05)
  "headline": "score"      the run's main score: the report ranks, and "ddad score" judges by it (default: the method's own)
${methods.entries.map(fieldsOf).join('\n')}

Examples:
  $ npx ddad run --dataset brain
  $ npx ddad run --dataset brain --k 5 --epochs 100 --out results/
  $ npx ddad run --dataset brain --k 5 --dry-run
  $ npx ddad run --dataset brain --set refiner.epochs=20 --detach
  $ npx ddad run --dataset brain --input settings.json --json > result.json
  $ npx ddad run --dataset brain --input <(echo '{"calibration": 0.1}')`,
    );
  const work = async (screens: Screens, options: RunFlags & RunCommandOptions) => {
    const { startDetached, startRun } = await import('../commands/run.ts');
    const { input: path, set, detach, dryRun, out, mlflow: uri, ...flags } = options;
    const clashes = clashesOf(options);
    if (clashes.length > 0) {
      throw new CommandFailure(`nothing was started: ${clashes.join('; ')}`, exitCodes.badInput);
    }
    const file = withAssignments(path === undefined ? undefined : await readJsonInput(path), set, flags);
    // Checked before anything is connected to.
    const input = mergeRunInput(methods, file, flags);
    if (out !== undefined) await tryDirectory('--out', out);
    const access = uri === undefined ? undefined : await mlflow(uri);
    if (dryRun === true) {
      const { forecastRun } = await import('../commands/run-forecast.ts');
      return withRun((deps) => forecastRun({ ...deps, screens }, input));
    }
    return withRun<object>((deps) =>
      detach === true
        ? startDetached({ ...deps, screens }, input)
        : startRun({ ...deps, screens }, input, { out, mlflow: access }),
    );
  };
  documented(command, all, work, 'told');

  const remove = command
    .command('delete')
    .description(
      'Removes a run that has ended: its report, artifacts and checkpoints that no other run names or wants, and what Temporal ' +
        'keeps of it. What other runs share stays, and so does the dataset.',
    )
    .argument(...runReference)
    .option('--dry-run', 'only say what would go and what would stay')
    .addHelpText('after', '\nExample:\n  $ npx ddad run delete ddad-brain-20260102-093000-1f2e --dry-run');
  documented(remove, all, async (screens, run: string, options: { dryRun?: boolean }) => {
    const { deleteRun } = await import('../commands/run-delete.ts');
    // Said before "delete" it counts as well.
    const dryRun = options.dryRun ?? command.opts<RunCommandOptions>().dryRun ?? false;
    const deleted = await withTemporal(async (runs) =>
      deleteRun({ runs, store: await store(), screens }, { run, dryRun }),
    );
    if (deleted.deleted) await audited(screens, { action: 'run deleted', runId: deleted.runId });
    return deleted;
  });
}

interface RunCommandOptions {
  input?: string;
  set: string[];
  detach?: boolean;
  dryRun?: boolean;
  out?: string;
  mlflow?: string;
}

/** Why options cannot go together; none where they can. */
function clashesOf({ dryRun, detach, out, mlflow }: RunCommandOptions): string[] {
  const given: [option: string, is: boolean, instead?: string][] = [
    ['--detach', detach === true],
    ['--out', out !== undefined, '"ddad report RUN --out DIR" fetches it'],
    ['--mlflow', mlflow !== undefined, '"ddad mlflow RUN URI" logs it then'],
  ];
  const options = given.filter(([, is]) => is);
  if (dryRun === true) {
    const names = options.map(([option]) => option);
    return names.length === 0 ? [] : [`--dry-run gives no result for ${names.join(', ')}`];
  }
  if (detach !== true) return [];
  return options.flatMap(([option, , instead]) =>
    instead === undefined ? [] : `${option} waits for the result, which --detach does not: ${instead}`,
  );
}

/** A method's own fields: in its words where it has some, else by their names. */
function fieldsOf({ method, usage }: MethodEntry): string {
  const own = Object.keys(method.schema.shape).filter((field) => !(field in commonFields));
  return `Those of method ${method.name}:\n${usage ?? `  ${own.join(', ')}`}`;
}
