import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { storeAccess } from '@ddad/platform';
import { createS3Store, type ObjectStore, StoreError } from '@ddad/storage';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { RunDeps } from './attend-run.ts';
import { type Cluster, findCluster, type Place, readSettings, readTemporal, shapes } from './cluster.ts';
import { addMembersToRun } from './commands/add-members.ts';
import { cancelRun } from './commands/cancel.ts';
import { compareReports } from './commands/compare.ts';
import { addDataset, type DatasetAddOptions } from './commands/dataset-add.ts';
import { listDatasetsCommand } from './commands/dataset-list.ts';
import { showDataset } from './commands/dataset-show.ts';
import { demoSettings, runDemo } from './commands/demo.ts';
import { startExperiment } from './commands/experiment.ts';
import { exportMember, exportPipeline } from './commands/export.ts';
import { listMembersCommand } from './commands/members.ts';
import { pauseRun, resumeRun } from './commands/pause.ts';
import { fetchReport } from './commands/report.ts';
import { startRun } from './commands/run.ts';
import { listRunsCommand } from './commands/runs.ts';
import { scoreImages } from './commands/score.ts';
import { runTrainer } from './commands/trainer.ts';
import { watchRun } from './commands/watch.ts';
import { figureNumbers, type Layouts, tableNumbers } from './experiment/layouts.ts';
import { CommandFailure, exitCodes } from './failure.ts';
import { storePlace, withFetchedFolder } from './fetched-folder.ts';
import { connectLiveFeed } from './live-feed.ts';
import { openFile } from './open-file.ts';
import { findReport } from './report-keys.ts';
import { experimentOf, mergeRunInput, type RunFlags, readJsonInput } from './run-input.ts';
import { type Screens, styled } from './screen.ts';
import { connectTemporal, type TemporalRuns } from './temporal-runs.ts';

/** What the process gives a command. */
export interface Invocation extends Place {
  screens: Screens;
  /** Registers for signals that end a process. @returns takes the registration back */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
}

const exitCodeHelp = `
Exit codes:
  0    done
  1    failed (a server does not answer, a dataset is at fault, ...)
  2    bad input: an option, an argument, or a run's input
  3    the run failed or was cancelled
  130  interrupted (Ctrl-C), 143 ended by SIGTERM; either way a run goes on in the cluster: "ddad cancel RUN" ends it

The cluster: environment variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY,
TEMPORAL_TLS_CA, TEMPORAL_TLS_SERVER_NAME, TEMPORAL_API_KEY, NATS_URL, S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY,
S3_SECRET_KEY, each also as NAME_FILE), else the local cluster of "make up" (DDAD_HOME, else the nearest
.ddad directory upwards from here, else the checkout's). DDAD_DEBUG=1 shows stacks of errors, NO_COLOR=1 drops colours.`;

/**
 * Runs one command line. Never rejects: what fails is told on the error screen.
 * @param args without the program's name
 * @returns the exit code
 */
export async function runCli(args: readonly string[], invocation: Invocation): Promise<number> {
  const { screens, environment } = invocation;
  const outcome = { code: exitCodes.ok as number };
  try {
    await buildProgram(invocation, outcome).parseAsync(args, { from: 'user' });
    return outcome.code;
  } catch (error) {
    // Commander has told its own errors already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
    const away = error instanceof StoreError && /^(E[A-Z_]+|DeadlineExceeded)$/.test(error.code);
    const detail =
      (error instanceof Error ? error.message : String(error)) +
      (away ? '\nis the cluster up? ("make status")' : '');
    const code = error instanceof CommandFailure ? error.exitCode : exitCodes.failed;
    const interrupted = code === exitCodes.interrupted || code === exitCodes.terminated;
    screens.err.write(`${interrupted ? '' : styled(screens.err, 'red', 'error: ')}${detail}\n`);
    if (environment.DDAD_DEBUG) screens.err.write(`${stackOf(error)}\n`);
    return code;
  }
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) parts.push(at.stack ?? at.message);
  return parts.join('\ncaused by: ');
}

/** The command line's grammar and help; each action gets its connections here and gives them back. */
function buildProgram(invocation: Invocation, outcome: { code: number }): Command {
  const { screens, onSignal, checkout } = invocation;
  const cluster = () => findCluster(invocation);
  const now = () => performance.now();

  const program = new Command('ddad')
    .description('Trains ensembles that find anomalies in medical images (DDAD), and shows how they do.')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => screens.out.write(text),
      writeErr: (text) => screens.err.write(text),
      getOutHelpWidth: () => screens.out.columns,
      getErrHelpWidth: () => screens.err.columns,
    })
    .addHelpText('after', exitCodeHelp);

  const dataset = program.command('dataset').description('Adds, lists and shows datasets.');
  dataset
    .command('add')
    .description(
      'Reads images and data.json of a directory and stores them under a name. Every fault is listed, and with any ' +
        'nothing is added. Copies (images with equal pixels) are a warning. A name that exists is replaced. With ' +
        '--repartition, the images that a published list names are searched below the directory, at any depth.',
    )
    .argument('<name>', 'name for the dataset: a-z, 0-9, ".", "_", "-"')
    .argument('<dir>', 'directory with images/ and data.json; with --repartition, of images')
    .option('--repartition <file>', "list of the form of data.json instead of the directory's own")
    .option('--only <glob>', 'with --repartition: search only files whose path below the directory matches')
    .option('--skip-missing', 'with --repartition: go on without the images that are not there')
    .option('--labels <file>', "pathologies (default: the directory's labels.csv, where there is one)")
    .option('--patients <file>', "patients (default: the directory's patients.csv, where there is one)")
    .option(
      '--image-size <pixels...>',
      'sides that the images are resized to, 64 or 128 or both (default: 64)',
    )
    .option('--strict', 'refuse a dataset with copies')
    .option('--all-copies', 'name all copies, not only those of the first 20 groups')
    .addHelpText(
      'after',
      `
data.json, forms of each part; "0" is normal, "1" abnormal:
  {"train": {"0": ["a.png", ...], "unlabeled": {"0": [...], "1": [...]}}, "test": {"0": [...], "1": [...]}}
  "unlabeled": [...] where nobody knows the labels, or left out (one-class); "test" likewise;
  "validation": {"0": [...]} may be added. Images: PNG, JPEG or DICOM of any size.
labels.csv, header "image,pathology": what an abnormal image shows, a line each; for AUC by pathology.
patients.csv, header "image,patient", a line for every image: one patient must be in one part only. Numbers are kept.
--repartition: a file of the listed name, else the only image of that name with another extension.

Examples:
  $ npx ddad dataset add brain path/to/brain
  $ npx ddad dataset add chest /data/chest --strict --image-size 64 128
  $ npx ddad dataset add chest s3://bucket/prefix      (of the cluster's own store)
  $ npx ddad dataset add rsna /data/rsna --repartition RSNA.json
  $ npx ddad dataset add lag /data/LAG --repartition LAG.json --only '**/image/*'`,
    )
    .action(
      async (name: string, directory: string, options: Omit<DatasetAddOptions, 'name' | 'directory'>) => {
        const add = (from: string) =>
          addDataset({ store: openStore(cluster()), screens }, { name, directory: from, ...options });
        const place = storePlace(directory);
        if (place === null) await add(directory);
        else {
          const { bucket, prefix } = place;
          const access = storeAccess(readSettings(cluster(), shapes.store));
          await withFetchedFolder({ store: createS3Store({ ...access, bucket }), prefix }, add);
        }
      },
    );
  dataset
    .command('list')
    .description('Lists the datasets.')
    .option('--json', 'as one JSON array')
    .action(async (options: { json?: boolean }) => {
      await listDatasetsCommand({ store: openStore(cluster()), screens }, options);
    });
  dataset
    .command('show')
    .description(
      'Shows what a dataset holds, before anything is trained: counts, sizes and grey levels of its lists, pathologies, ' +
        'patients, copies and near-copies (by a perceptual hash) across lists. --out or --open also make a page with ' +
        'histograms and pictures; it holds pictures of images and their names.',
    )
    .argument('<name>', 'as "ddad dataset list" lists it')
    .option('--out <dir>', 'write NAME.html there; one that exists is replaced')
    .option('--open', 'show the page in the browser (without --out it lies in the working directory)')
    .option('--all-copies', 'name all copies and near-copies, not only the first ones')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx ddad dataset show brain\n  $ npx ddad dataset show brain --open',
    )
    .action(async (name: string, options: { out?: string; open?: boolean; allCopies?: boolean }) => {
      const deps = { store: openStore(cluster()), screens, openFile };
      await showDataset(deps, { name, ...options, cwd: invocation.cwd });
    });

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

  program
    .command('experiment')
    .description(
      'Starts an experiment (workflow experiment): a run of every combination of the values that its axes list. What ' +
        'several runs want is trained once, what was finished before not again. Follows it and writes results.csv, ' +
        "results.md (tables) and each run's report.json. Ctrl-C stops following; the experiment goes on.",
    )
    .argument('<file>', 'JSON object, see below')
    .requiredOption('--out <dir>', 'write results there')
    .addOption(
      new Option('--table <number...>', "write the paper's own table, table-N.md").choices([...tableNumbers]),
    )
    .addOption(
      new Option('--figure <number...>', "write the paper's own figure, figure-N.svg").choices([
        ...figureNumbers,
      ]),
    )
    .option('--json', 'only the result on standard output, as one JSON object; all else on standard error')
    .addHelpText(
      'after',
      `
The file: {"base": {run fields}, "axes": {field: [values], ...}, "atOnce": 8}
  Fields are those of "ddad run --input"; an axis may be a nested one ("refiner.epochs"). Without axes it is one run.
  "atOnce": how many runs go on at the same time; they share the trainers.
Tables: 3 backbones and scores, 4 seen and unseen pathologies, 5 ensemble size (from one run's subsets of members),
  6 Deep Ensemble and MC Dropout. Figures: 6 anomalous rate, 8 histograms of scores.

Examples:
  $ npx ddad experiment bench/experiments/brain-table3.json --out results/ --table 3
  $ npx ddad experiment bench/experiments/brain-anomalous-rate.json --out rate/ --figure 6 8
  $ npx ddad experiment <(echo '{"base": {"dataset": "brain"}, "axes": {"seed": [0, 1, 2]}}') --out seeds/`,
    )
    .action(
      async (
        path: string,
        options: {
          out: string;
          json?: boolean;
          table?: Layouts['tables'];
          figure?: Layouts['figures'];
        },
      ) => {
        const { out, json, table: tables = [], figure: figures = [] } = options;
        // Checked before anything is connected to.
        const input = experimentOf(await readJsonInput(path), { tables, figures });
        await withRun(async (deps) => {
          await startExperiment(deps, input, { out, json, layouts: { tables, figures } });
        });
      },
    );

  program
    .command('runs')
    .description('Lists the latest runs and experiments.')
    .option('--json', 'as one JSON array')
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1000), 20)
    .action(async (options: { json?: boolean; limit: number }) => {
      await withTemporal((runs) => listRunsCommand({ runs, screens, now: () => new Date() }, options));
    });

  program
    .command('watch')
    .description(
      'Shows how a run goes until it has ended, and then its scores; of one that has ended, how it ended. Ctrl-C stops ' +
        'watching; the run goes on.',
    )
    .argument('<run>', 'as "ddad runs" lists it; Temporal\'s run id is understood as well')
    .option('--json', 'only the result on standard output, as one JSON object; all else on standard error')
    .addHelpText('after', '\nExample:\n  $ npx ddad watch ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { json?: boolean }) => {
      await withRun((deps) => watchRun(deps, { run, ...options }));
    });

  program
    .command('cancel')
    .description(
      'Cancels a run and waits until its trainers are idle. Finished members and checkpoints stay.',
    )
    .argument('<run>', 'as "ddad runs" lists it; Temporal\'s run id is understood as well')
    .option('--limit <seconds>', 'how long to wait', wholeNumber(1, 86_400), 120)
    .addHelpText('after', '\nExample:\n  $ npx ddad cancel ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { limit: number }) => {
      await withTemporal((runs) => cancelRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('pause')
    .description(
      'Pauses a run and waits until its trainers are idle: they stop after a checkpoint and serve other runs.',
    )
    .argument('<run>', 'as "ddad runs" lists it; Temporal\'s run id is understood as well')
    .option('--limit <seconds>', 'how long to wait', wholeNumber(1, 86_400), 120)
    .addHelpText('after', '\nExample:\n  $ npx ddad pause ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { limit: number }) => {
      await withTemporal((runs) => pauseRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('resume')
    .description('Has a paused run go on from its checkpoints.')
    .argument('<run>', 'as "ddad runs" lists it; Temporal\'s run id is understood as well')
    .option('--limit <seconds>', 'how long to wait', wholeNumber(1, 86_400), 120)
    .addHelpText('after', '\nExample:\n  $ npx ddad resume ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { limit: number }) => {
      await withTemporal((runs) => resumeRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('add-members')
    .description('Adds members to a run that still trains; finished and running ones stay as they are.')
    .argument('<run>', 'as "ddad runs" lists it; Temporal\'s run id is understood as well')
    .requiredOption('--k <n>', 'members per role from now on, more than now', wholeNumber(3, 64))
    .addHelpText('after', '\nExample:\n  $ npx ddad add-members ddad-brain-20260102-093000-1f2e --k 7')
    .action(async (run: string, options: { k: number }) => {
      await withTemporal((runs) => addMembersToRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('report')
    .description(
      "Fetches a finished run's report: one HTML file with scores, curves, histograms, heat maps and members, which " +
        'needs no network. It holds pictures of test images. With a second run on the same test images: their scores ' +
        'side by side, differences with intervals, and which images changed sides.',
    )
    .argument('<run>', 'as "ddad runs" lists it; Temporal\'s run id is understood as well')
    .argument('[second]', 'a run to compare with the first')
    .option('--open', 'show it in the browser')
    .option(
      '--out <file>',
      'file to write (default: RUN.html or RUN-SECOND.html); one that exists is replaced',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx ddad report ddad-brain-20260102-093000-1f2e --open
  $ npx ddad report ddad-brain-20260102-093000-1f2e ddad-brain-20260103-101500-77c0`,
    )
    .action(async (run: string, second: string | undefined, options: { open?: boolean; out?: string }) => {
      await withTemporal((runs) => {
        const deps = { runs, store: openStore(cluster()), screens, openFile };
        const { cwd } = invocation;
        return second === undefined
          ? fetchReport(deps, { run, ...options, cwd })
          : compareReports(deps, { runs: [run, second], ...options, cwd });
      });
    });

  program
    .command('members')
    .description('Lists the finished members in the store.')
    .option('--json', 'as one JSON array, with whole keys')
    .action(async (options: { json?: boolean }) => {
      await listMembersCommand({ store: openStore(cluster()), screens }, options);
    });

  program
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
ONNX (opset 17): a member takes images [N,1,64,64] as floats in [-1,1], grey/127.5 - 1; a run takes grey values 0 to 255 as
unsigned bytes, and gives the scores rec, recEnsemble, aIntra, aInter, rIntra, rDual, [N] each, and heat maps as
recEnsemble_map and so on, [N,1,64,64] each. More than 1 GB of weights go into FILE.onnx.data.

Examples:
  $ npx ddad export 3fa9c01d ndm0.safetensors
  $ npx ddad export 3fa9c01d ndm0.onnx
  $ npx ddad export --run ddad-brain-20260102-093000-1f2e brain.onnx`,
    )
    .action(async (key: string, file: string, options: { run?: boolean; force?: boolean }) => {
      const deps = { store: openStore(cluster()), screens };
      const { run, ...force } = options;
      if (run) await exportPipeline(deps, { result: () => resultOf(key), file, ...force });
      else await exportMember(deps, { key, file, ...force });
    });

  program
    .command('score')
    .description(
      'Scores new images with a finished run, or with an ONNX file of "ddad export --run", which needs no cluster. One JSON ' +
        'line an image; the higher a score, the more abnormal. Where normal images were held out, with p-values and with ' +
        'what lies above its threshold.',
    )
    .argument('<run_or_onnx>', 'a run as "ddad runs" lists it, or an ONNX file')
    .argument('<image...>', 'PNG, JPEG or DICOM files, read as "dataset add" reads them')
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
  $ npx ddad score brain.onnx slice.png --out maps/`,
    )
    .action(async (pipeline: string, images: string[], options: { out?: string; dicom?: string }) => {
      const { home } = cluster();
      const deps = {
        screens,
        result: resultOf,
        store: () => openStore(cluster()),
        cache: join(home, 'onnx'),
      };
      await scoreImages(deps, { pipeline, images, ...options });
    });

  program
    .command('trainer')
    .description(
      'Runs one more trainer on this machine, in the foreground; it gets work at once. Ctrl-C stops it.',
    )
    .option('--id <name>', 'under which it announces itself (default: extra-...)')
    .option('--threads <n>', 'threads of an operation', wholeNumber(1, 1024))
    .action(async (options: { id?: string; threads?: number }) => {
      outcome.code = await runTrainer({ cluster: cluster(), checkout, screens, onSignal }, options);
    });

  const { run } = demoSettings;
  program
    .command('demo')
    .description(
      `Makes a synthetic dataset, trains ${run.k} + ${run.k} members on it for ${run.epochs} epochs each and prints ` +
        'the scores; minutes on two processor cores. A second call uses the finished members again.',
    )
    .action(async () => {
      const { home } = cluster();
      await withRun((deps) => runDemo({ ...deps, home }));
    });

  async function withTemporal<T>(work: (runs: TemporalRuns) => Promise<T>): Promise<T> {
    const runs = await connectTemporal(readTemporal(cluster()));
    try {
      return await work(runs);
    } finally {
      await runs.close();
    }
  }

  /** A finished run's result as its report holds it. */
  async function resultOf(run: string): Promise<RunResult> {
    const { report } = await withTemporal((runs) => findReport(runs, run));
    return JSON.parse((await openStore(cluster()).get(report)).toString('utf8')) as RunResult;
  }

  async function withRun(
    work: (deps: RunDeps & { newRunName: () => string }) => Promise<void>,
  ): Promise<void> {
    const here = cluster();
    const found = readSettings(here, {
      ...shapes.temporal,
      ...shapes.nats,
      ...shapes.store,
      ...shapes.page,
    });
    const interrupted = new AbortController();
    const store = once(() => openStore(here));
    await withTemporal(async (runs) => {
      const stopListening = onSignal((signal) => interrupted.abort(signal));
      try {
        await work({
          runs,
          store,
          live: () => connectLiveFeed(found),
          screens,
          now,
          newRunName: () => runName(new Date(), randomBytes(2).toString('hex')),
          page: (handle) =>
            found.TEMPORAL_UI === undefined
              ? null
              : `${found.TEMPORAL_UI.replace(/\/$/, '')}/namespaces/${found.TEMPORAL_NAMESPACE}/workflows/` +
                `${encodeURIComponent(handle.id)}/${handle.executionId}`,
          progressPage: (handle) =>
            found.PAGE_URL === undefined
              ? null
              : `${found.PAGE_URL.replace(/\/$/, '')}/runs/${encodeURIComponent(handle.id)}`,
          interrupted: interrupted.signal,
        });
      } finally {
        stopListening();
      }
    });
  }

  return program;
}

/** `20260102-093000-1f2e`, in UTC: readable, sortable, and new each time. */
export function runName(date: Date, random: string): string {
  const digits = date.toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${random}`;
}

function openStore(cluster: Cluster): ObjectStore {
  return createS3Store({
    ...storeAccess(readSettings(cluster, shapes.store)),
    // Somebody waits at a terminal.
    deadlineMs: 8_000,
  });
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}
