import { join } from 'node:path';
import type { Command } from 'commander';
import { audited } from '../audit-file.ts';
import type { ScoreOptions } from '../commands/score.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { runReference } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** Commands that use what runs made: `ddad report`, `card`, `mlflow`, `members`, `export` and `score`. */
export function addResultCommands(
  program: Command,
  { screens: all, cwd }: Invocation,
  { methods, cluster, store, withTemporal, resultOf, mlflow }: Connections,
): void {
  const able = methods.entries.flatMap((entry) => (entry.onnx === undefined ? [] : entry.method.name));
  const report = program
    .command('report')
    .description(
      "Fetches a finished run's report: one HTML file with scores, curves, histograms, heat maps and members, which " +
        'needs no network. It holds pictures of test images. With more runs on the same test images: what sets their inputs ' +
        'apart, their scores side by side, differences from the first with intervals, and which images changed sides, with ' +
        'the heat maps of all.',
    )
    .argument(...runReference)
    .argument('[others...]', 'runs to compare with the first')
    .option('--open', 'show it in the browser')
    .option('--names', 'with names of the test images, which may name patients; else they are numbered')
    .option('--no-pictures', 'of several runs: without pictures of test images')
    .option(
      '--out <file>',
      'file to write (default: RUN.html, RUN-SECOND.html or RUN-and-N-others.html); one that exists is replaced',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx ddad report ddad-brain-20260102-093000-1f2e --open
  $ npx ddad report ddad-brain-20260102-093000-1f2e ddad-brain-20260103-101500-77c0`,
    );
  documented(
    report,
    all,
    async (
      screens,
      run: string,
      others: string[],
      options: { open?: boolean; out?: string; names?: boolean; pictures: boolean },
    ) => {
      const { openFile } = await import('../open-file.ts');
      const { fetchReport } = await import('../commands/report.ts');
      const { compareReports } = await import('../commands/compare.ts');
      if (others.length > 0 && options.names === true) {
        const why = '--names is of the page of one run; that of several runs numbers its images';
        throw new CommandFailure(why, exitCodes.badInput);
      }
      if (others.length === 0 && !options.pictures)
        throw new CommandFailure('--no-pictures is of the page of several runs', exitCodes.badInput);
      return withTemporal(async (runs) => {
        const deps = { runs, methods, store: await store(), screens, openFile };
        return others.length === 0
          ? fetchReport(deps, { run, ...options, cwd })
          : compareReports(deps, { runs: [run, ...others], ...options, cwd });
      });
    },
  );

  const card = program
    .command('card')
    .description(
      'Writes the model card of a finished run, as Markdown: data by digest and counts, settings and seeds, scores with ' +
        'intervals, by pathology where those are known, thresholds, and what was not tested.',
    )
    .argument('<run>', 'as "ddad runs" lists it, or a file report.json, which needs no cluster')
    .option('--out <file>', 'file to write (default: standard output); one that exists is replaced')
    .addHelpText(
      'after',
      `
Examples:
  $ npx ddad card ddad-brain-20260102-093000-1f2e --out card.md
  $ npx ddad card results/report.json`,
    );
  documented(card, all, async (screens, run: string, options: { out?: string }) => {
    const { writeCard } = await import('../commands/card.ts');
    return writeCard({ screens, methods, result: resultOf }, { run, ...options, cwd });
  });

  const logging = program
    .command('mlflow')
    .description(
      'Logs a finished run in an MLflow server, once: its input as parameters, figures with their intervals as metrics, ' +
        'report, model card, charts and, where its method exports one, the ONNX model. The page holds pictures of test images.',
    )
    .argument(...runReference)
    .argument('<uri>', 'address of the server, http://host:port')
    .addHelpText(
      'after',
      `
Credentials: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; each also as NAME_FILE.

Example:
  $ npx ddad mlflow ddad-brain-20260102-093000-1f2e http://127.0.0.1:5000`,
    );
  documented(logging, all, async (screens, run: string, uri: string) => {
    const { logFinishedRun } = await import('../commands/mlflow.ts');
    const access = await mlflow(uri);
    const deps = { store: await store(), methods, screens, result: resultOf };
    return logFinishedRun(deps, { run, access });
  });

  const members = program.command('members').description('Lists the finished members in the store.');
  documented(members, all, async (screens) => {
    const { listMembersCommand } = await import('../commands/members.ts');
    return listMembersCommand({ store: await store(), methods, screens });
  });

  const exporting = program
    .command('export')
    .description(
      "Writes a finished member's weights as a safetensors file, whose tensors carry the names and layouts of a PyTorch " +
        'state_dict, or the member as an ONNX model. With --run: the whole scorer of a finished run as an ONNX model.',
    )
    .argument('<key>', "a member's key, or as much of its beginning as no other has; with --run, a run")
    .argument('<file>', 'file to write, FILE.safetensors or FILE.onnx')
    .option('--run', 'export the scorer of that run')
    .option('--force', 'overwrite the file')
    .addHelpText(
      'after',
      `
ONNX (opset 17), of runs of the methods ${able.join(', ')}: a member takes images [N,1,64,64] as floats in [-1,1],
grey/127.5 - 1; a run takes grey values 0 to 255 as unsigned bytes, and gives its scores by their names, [N] each, and heat
maps as NAME_map, [N,1,64,64] each. More than 1 GB of weights go into FILE.onnx.data.

Examples:
  $ npx ddad export 3fa9c01d ndm0.safetensors
  $ npx ddad export 3fa9c01d ndm0.onnx
  $ npx ddad export --run ddad-brain-20260102-093000-1f2e brain.onnx`,
    );
  documented(
    exporting,
    all,
    async (screens, key: string, file: string, options: { run?: boolean; force?: boolean }) => {
      const { exportMember, exportPipeline } = await import('../commands/export.ts');
      const deps = { store: await store(), methods, screens };
      const { run, ...force } = options;
      const exported = run
        ? await exportPipeline(deps, { result: () => resultOf(key), file, ...force })
        : await exportMember(deps, { key, file, ...force });
      await audited(screens, { action: 'model exported', key });
      return exported;
    },
  );

  const score = program
    .command('score')
    .description(
      'Scores new images with a finished run, or with an ONNX file of "ddad export --run", which needs no cluster. One JSON ' +
        'line an image; the higher a score, the more abnormal. Where normal images were held out, with p-values and with ' +
        'what lies above its threshold. A verdict of all images by the main score goes to standard error.',
    )
    .argument('<run_or_onnx>', 'a run as "ddad runs" lists it, or an ONNX file')
    .argument(
      '<image...>',
      'image files, or directories of them at any depth, read as "dataset add" read those of the run\'s dataset',
    )
    .option('--csv', 'CSV lines with a heading, in place of JSON lines')
    .option('--out <dir>', 'write heat maps as PNGs there, of the size of each image')
    .option(
      '--dicom <dir>',
      "write heat maps of DICOM images as DICOM objects there, which lie over their sources; they carry the patient's name",
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx ddad score ddad-brain-20260102-093000-1f2e new/*.png > scores.jsonl
  $ npx ddad score brain.onnx slice.png --out maps/
  $ npx ddad score brain.onnx study/ --csv > scores.csv`,
    );
  documented(
    score,
    all,
    async (
      screens,
      pipeline: string,
      images: string[],
      options: Omit<ScoreOptions, 'pipeline' | 'images'>,
    ) => {
      const { scoreImages } = await import('../commands/score.ts');
      const { home } = cluster();
      const deps = { screens, methods, result: resultOf, store, cache: join(home, 'onnx') };
      // Before the first image: what fails halfway has been scored.
      await audited(screens, {
        action: 'images scored',
        key: pipeline.endsWith('.onnx') ? 'an ONNX file' : pipeline,
      });
      return scoreImages(deps, { pipeline, images, ...options });
    },
  );
}
