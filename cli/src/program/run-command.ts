import { commonFields, defaultMethod } from '@ddad/contract';
import type { MethodEntry } from '@ddad/methods';
import type { Command } from 'commander';
import { withAssignments } from '../assignments.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { tryDirectory } from '../output-place.ts';
import { mergeRunInput, type RunFlags, readJsonInput } from '../run-input.ts';
import type { Connections } from './connections.ts';

/** `ddad run`. */
export function addRunCommand(program: Command, { methods, withRun }: Connections): void {
  const names = methods.entries.map(({ method }) => `${method.name} (${method.title})`);
  program
    .command('run')
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
    .option('--detach', 'start the run, print its name, and leave it to the cluster')
    .option('--json', 'only the result on standard output, as one JSON object; all else on standard error')
    .option('--out <dir>', 'write report.json, report.html and scores.csv there')
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
  "headline": "score"      the score by which the report ranks and begins (default: the method's main score)
${methods.entries.map(fieldsOf).join('\n')}

Examples:
  $ npx ddad run --dataset brain
  $ npx ddad run --dataset brain --k 5 --epochs 100 --out results/
  $ npx ddad run --dataset brain --set refiner.epochs=20 --detach
  $ npx ddad run --dataset brain --input settings.json --json > result.json
  $ npx ddad run --dataset brain --input <(echo '{"calibration": 0.1}')`,
    )
    .action(async (options: RunFlags & RunCommandOptions) => {
      const { startDetached, startRun } = await import('../commands/run.ts');
      const { input: path, set, detach, json, out, ...flags } = options;
      if (detach === true && out !== undefined) {
        throw new CommandFailure(
          'nothing was started: --out waits for the result, which --detach does not: "ddad report RUN --out DIR" fetches it',
          exitCodes.badInput,
        );
      }
      const file = withAssignments(path === undefined ? undefined : await readJsonInput(path), set);
      // Checked before anything is connected to.
      const input = mergeRunInput(methods, file, flags);
      if (out !== undefined) await tryDirectory('--out', out);
      await withRun(async (deps) => {
        if (detach === true) await startDetached(deps, input, { json });
        else await startRun(deps, input, { json, out });
      });
    });
}

interface RunCommandOptions {
  input?: string;
  set: string[];
  detach?: boolean;
  json?: boolean;
  out?: string;
}

/** A method's own fields: in its words where it has some, else by their names. */
function fieldsOf({ method, usage }: MethodEntry): string {
  const own = Object.keys(method.schema.shape).filter((field) => !(field in commonFields));
  return `Those of method ${method.name}:\n${usage ?? `  ${own.join(', ')}`}`;
}
