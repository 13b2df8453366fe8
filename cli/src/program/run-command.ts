import { commonFields, defaultMethod } from '@ddad/contract';
import type { MethodEntry } from '@ddad/methods';
import type { Command } from 'commander';
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
    .option('--json', 'only the result on standard output, as one JSON object; all else on standard error')
    .option('--out <dir>', 'write report.json, report.html and scores.csv there')
    .addHelpText(
      'after',
      `
Fields of --input, with their defaults; what is left out keeps them, nested fields too:
  {"dataset": "...", "method": "${defaultMethod}", "seed": 0}
  "unlabeled": M      use M unlabeled images, not all; 0: none
  "anomalousRate": r  the share of abnormal ones among them, where the dataset knows their labels
  "imageSize": 128    train on images of 128×128, where the dataset was added with --image-size 128
  "calibration": s    hold the share s of the normal training images out, for thresholds and p-values
  "falsePositiveRate": a   what a threshold aims at (default: 0.05)
${methods.entries.map(fieldsOf).join('\n')}

Examples:
  $ npx ddad run --dataset brain
  $ npx ddad run --dataset brain --k 5 --epochs 100 --out results/
  $ npx ddad run --dataset brain --input settings.json --json > result.json
  $ npx ddad run --dataset brain --input <(echo '{"calibration": 0.1}')`,
    )
    .action(async (options: RunFlags & { input?: string; json?: boolean; out?: string }) => {
      const { startRun } = await import('../commands/run.ts');
      const { input: path, json, out, ...flags } = options;
      const file = path === undefined ? undefined : await readJsonInput(path);
      // Checked before anything is connected to.
      const input = mergeRunInput(methods, file, flags);
      if (out !== undefined) await tryDirectory('--out', out);
      await withRun(async (deps) => {
        await startRun(deps, input, { json, out });
      });
    });
}

/** A method's own fields: in its words where it has some, else by their names. */
function fieldsOf({ method, usage }: MethodEntry): string {
  const own = Object.keys(method.schema.shape).filter((field) => !(field in commonFields));
  return `Those of method ${method.name}:\n${usage ?? `  ${own.join(', ')}`}`;
}
