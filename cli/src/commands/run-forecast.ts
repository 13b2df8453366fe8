import type { RunForecast, RunSettings } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { describeRun, wholeLeft } from '@ddad/runs';
import { deviationLines } from '../deviation-lines.ts';
import { duration, plural } from '../figures.ts';
import { type Screens, styled } from '../screen.ts';
import { itemLines } from '../table.ts';
import { assertDataset, nothingStarted, type StartDeps } from './run.ts';

/** What `--json` prints. */
export interface ForecastDocument extends Omit<RunForecast, 'nodes' | 'stages' | 'deviations'> {
  /** In which ways the method differs from its source. */
  deviations: readonly string[];
  jobs: (Omit<RunForecast['nodes'][number], 'expectedSeconds'> & { expectedSeconds: number | null })[];
  /** Wall time with the workers that are there now; null where nothing is known of it. */
  seconds: number | null;
  /** True where of some jobs it is not known how long they take: the run takes longer than `seconds`. */
  atLeast: boolean;
}

/**
 * `ddad run --dry-run`: what a run would train and make, what it would find, and how long it would take. Nothing is made.
 * @throws CommandFailure as `ddad run` does where the input is at fault
 */
export async function forecastRun(deps: StartDeps, input: RunSettings): Promise<ForecastDocument> {
  const { runs, store, methods, screens, newRunName, interruption } = deps;
  interruption.means(nothingStarted);
  await assertDataset(store(), input.dataset);
  const forecast = await runs.foresee(`ddad-dry-run-${newRunName()}`, input, interruption.signal);
  interruption.check();
  const document = documentOf(forecast);
  tellForecast(screens, methods, document);
  return document;
}

export function documentOf({
  input,
  datasetDigest,
  deviations = [],
  stages,
  nodes,
  workers,
}: RunForecast): ForecastDocument {
  const open = nodes.filter(({ found }) => !found);
  const left = wholeLeft(
    open.map(({ stage, madeBy, expectedSeconds }) => ({
      stage: stages.indexOf(stage),
      pool: madeBy,
      running: false,
      seconds: expectedSeconds ?? null,
    })),
    (pool) => workers[pool as keyof typeof workers] ?? 1,
  );
  return {
    input,
    datasetDigest,
    deviations,
    workers,
    jobs: nodes.map(({ expectedSeconds = null, ...node }) => ({ ...node, expectedSeconds })),
    seconds: open.length === 0 ? 0 : (left?.seconds ?? null),
    atLeast: left?.atLeast ?? false,
  };
}

/** Prints a forecast. */
export function tellForecast(
  { out, err }: Screens,
  methods: MethodRegistry,
  document: ForecastDocument,
): void {
  const { input, deviations, jobs, workers } = document;
  const { dataset, method, seed } = input;
  const facts = methods.find(method)?.facts(input) ?? {};
  const [heading, ...lines] = itemLines(
    [
      { heading: 'job', cell: ({ id }) => id },
      { heading: 'stage', cell: ({ stage }) => stage },
      { heading: 'would be', cell: wouldBe },
      {
        heading: 'work',
        align: 'right',
        cell: ({ found, total, unit }) => (found ? '' : plural(total, unit)),
      },
      { heading: 'time', align: 'right', cell: timeOf },
    ],
    jobs,
  );
  const found = jobs.filter((job) => job.found).length;
  const trained = jobs.filter((job) => !job.found && job.madeBy === 'trainer').length;
  const made = jobs.length - found - trained;
  const text = [
    `${dataset}: ${describeRun({ method, ...facts }, methods)}, seed ${seed}`,
    ...deviationLines(deviations),
    '',
    styled(out, 'bold', heading ?? ''),
    ...lines,
    '',
    `${trained} would be trained, ${made} made, ${found} found`,
    timeText(document),
  ];
  out.write(`${text.join('\n')}\n`);
  if (workers.trainer === 0 && trained > 0) err.write('no trainer is there now\n');
  err.write('nothing was started; without --dry-run it is\n');
}

type ForecastJob = ForecastDocument['jobs'][number];

function wouldBe({ found, madeBy, resumes }: ForecastJob): string {
  if (found) return 'found';
  return `${madeBy === 'trainer' ? 'trained' : 'made'}${resumes ? ', from a checkpoint' : ''}`;
}

function timeOf({ found, expectedSeconds }: ForecastJob): string {
  if (found) return '';
  return expectedSeconds === null ? '?' : duration(expectedSeconds);
}

function timeText({ seconds, atLeast, workers }: ForecastDocument): string {
  const on = `on ${plural(workers.trainer, 'trainer')} and ${plural(workers.scorer, 'scorer')}`;
  if (seconds === 0 && !atLeast) return 'everything is there: it would take seconds';
  if (seconds === null) return 'time: not known, as nothing alike was made on this dataset yet';
  const known = 'by what the like took on this dataset before';
  return `time: ${atLeast ? 'more than' : 'about'} ${duration(seconds)} ${on}, ${known}`;
}
