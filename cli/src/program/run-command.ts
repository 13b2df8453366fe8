import type { Command } from 'commander';
import { startRun } from '../commands/run.ts';
import { mergeRunInput, type RunFlags, readJsonInput } from '../run-input.ts';
import type { Connections } from './connections.ts';

/** `ddad run`. */
export function addRunCommand(program: Command, { withRun }: Connections): void {
  program
    .command('run')
    .description(
      'Starts a run (workflow trainEnsemble), follows it and prints AUC and AP of its scores. Members that are ' +
        'finished already are not trained again. Ctrl-C stops following; the run goes on.',
    )
    .option('--dataset <name>', 'which dataset')
    .option(
      '--k <n>',
      'members per role, at least 2, or auto: by the trainers that are there (default: 3); one network with MC Dropout',
    )
    .option('--backbone <name>', 'what a member is: ae, aeu (AE-U) or memae (MemAE) (default: ae)')
    .option('--epochs <n>', 'epochs of a member (default: 250)')
    .option('--seed <n>', "the run's seed (default: 0)")
    .option('--input <file>', "JSON object with any fields of the run's input; options win over it")
    .option('--json', 'only the result on standard output, as one JSON object; all else on standard error')
    .option('--out <dir>', 'write report.json, report.html and scores.csv there')
    .addHelpText(
      'after',
      `
Fields of --input, with their defaults; what is left out keeps them, nested fields too:
  {"dataset": "...", "backbone": "ae", "k": 3, "seed": 0, "epochs": 250, "batchSize": 64, "learningRate": 0.0005,
   "refiner": {"epochs": 100, "batchSize": 8, "learningRate": 0.0001, "weightDecay": 0.0001}}
  "unlabeled": M      use M unlabeled images, not all; 0: one-class mode
  "minMembers": m     go on with m members per role where others fail for good; else one that fails ends the run
  "refiner": false    no ASR-Net: the run ends with rec, recEnsemble, aIntra, aInter
  "anomalousRate": r  the share of abnormal ones among them, where the dataset knows their labels
  "imageSize": 128    train on images of 128×128, where the dataset was added with --image-size 128
  "calibration": s    hold the share s of the normal training images out, for thresholds and p-values
  "falsePositiveRate": a   what a threshold aims at (default: 0.05)
  "uncertainty": "dropout"  MC Dropout: passes through one network per role in place of K members ("ensemble"), with
  "dropout": {"rate": 0.1, "passes": 256, "refinerPasses": 16}

Examples:
  $ npx ddad run --dataset brain
  $ npx ddad run --dataset brain --k 5 --epochs 100 --out results/
  $ npx ddad run --dataset brain --input settings.json --json > result.json
  $ npx ddad run --dataset brain --input <(echo '{"refiner": {"epochs": 20}}')`,
    )
    .action(async (options: RunFlags & { input?: string; json?: boolean; out?: string }) => {
      const { dataset, backbone, k, epochs, seed, json, out } = options;
      const file = options.input === undefined ? undefined : await readJsonInput(options.input);
      // Checked before anything is connected to.
      const input = mergeRunInput(file, { dataset, backbone, k, epochs, seed });
      await withRun(async (deps) => {
        await startRun(deps, input, { json, out });
      });
    });
}
