import { type Command, Option } from 'commander';
import { figureNumbers, type Layouts, offeredTables } from '../experiment/layouts.ts';
import { tryDirectory } from '../output-place.ts';
import { experimentOf, readJsonInput } from '../run-input.ts';
import type { Screens } from '../screen.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** `ddad experiment`. */
export function addExperimentCommand(
  program: Command,
  { screens: all }: Invocation,
  { methods, withRun }: Connections,
): void {
  const tables = offeredTables(methods);
  const experiment = program
    .command('experiment')
    .description(
      'Starts an experiment (workflow experiment): a run of every combination of the values that its axes list. What ' +
        'several runs want is trained once, what was finished before not again. Follows it and writes results.csv, ' +
        "results.md (tables) and each run's report.json. Ctrl-C stops following; the experiment goes on.",
    )
    .argument('<file>', 'JSON object, see below')
    .requiredOption('--out <dir>', 'write results there')
    .addOption(
      new Option('--table <number...>', "write the paper's own table, table-N.md").choices(
        tables.map(([number]) => number),
      ),
    )
    .addOption(
      new Option('--figure <number...>', "write the paper's own figure, figure-N.svg").choices([
        ...figureNumbers,
      ]),
    )
    .option(
      '--choose',
      "name the best of the axes' values without labels, by the AUC of unlabeled against held-out normal images of each run's " +
        'main score: choice.json. Needs unlabeled images and held-out normal ones ("calibration", or validation images)',
    )
    .option('--choose-score', 'the same, with the best of all scores of the runs')
    .addHelpText(
      'after',
      `
The file: {"base": {run fields}, "runs": {name: {run fields}, ...}, "axes": {field: [values], ...}, "atOnce": 8,
           "choose": "axes" or "scores", "published": "brain"}
  Fields are those of "ddad run --input"; an axis may be a nested one ("a.b"). Without axes it is one run.
  "runs": each with fields of its own, as methods with their settings; every combination of the axes is made of each.
  "published": the published dataset that the images are, whose figures table 2 sets beside.
  An axis "seed" repeats runs: tables have mean ± standard deviation over seeds, spread.csv too.
  "atOnce": how many runs go on at the same time; they share the trainers.
  "choose": as --choose and --choose-score.
Tables:
${tables.map(([number, { title }]) => `  ${number}  ${title}`).join('\n')}
Figures: 6 anomalous rate, 8 histograms of scores.

Examples:
  $ npx ddad experiment bench/experiments/brain-table3.json --out results/ --table 3
  $ npx ddad experiment bench/experiments/brain-table2.json --out all/ --table 2
  $ npx ddad experiment bench/experiments/brain-anomalous-rate.json --out rate/ --figure 6 8
  $ npx ddad experiment <(echo '{"base": {"dataset": "brain"}, "axes": {"seed": [0, 1, 2]}}') --out seeds/
  $ npx ddad experiment bench/experiments/brain-choose.json --out choice/ --choose`,
    );
  const work = async (screens: Screens, path: string, options: ExperimentCommandOptions) => {
    const { startExperiment } = await import('../commands/experiment.ts');
    const { out, table = [], figure = [] } = options;
    const layouts = { tables: table, figures: figure };
    // Checked before anything is connected to.
    const wanted = options.chooseScore ? 'scores' : options.choose ? 'axes' : undefined;
    const input = experimentOf(methods, await readJsonInput(path), layouts, wanted);
    await tryDirectory('--out', out);
    const own = { ...layouts, published: input.published };
    return withRun((deps) =>
      startExperiment({ ...deps, screens }, input, { out, layouts: own, choose: input.choose }),
    );
  };
  documented(experiment, all, work, 'told');
}

interface ExperimentCommandOptions {
  out: string;
  table?: Layouts['tables'];
  figure?: Layouts['figures'];
  choose?: boolean;
  chooseScore?: boolean;
}
