import {
  type ExperimentProgress,
  mainScore,
  type NodeProgress,
  type RunResult,
  type RunScores,
  runIdSchema,
} from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { definitionsOf, describeRun, finishedProgress } from '@ddad/runs';
import { ObjectNotFound, type ObjectStore, readManifest } from '@ddad/storage';
import pLimit from 'p-limit';
import { deviationLines } from '../deviation-lines.ts';
import { CommandFailure, noSuchRun } from '../failure.ts';
import { duration, lossFigure, moment, percent, plural } from '../figures.ts';
import { type ListedStatus, listedStatus, wallSeconds } from '../listed-status.ts';
import { type Screens, styled } from '../screen.ts';
import { storedResult } from '../stored-results.ts';
import { itemLines, tableLines } from '../table.ts';
import type { RunEntry, RunHandle, TemporalRuns } from '../temporal-runs.ts';

/** Manifests to read at a time. */
const manifestsAtOnce = 16;

export interface DescribeDeps {
  runs: Pick<TemporalRuns, 'find' | 'progress' | 'experimentProgress' | 'result' | 'experimentResult'>;
  store: () => ObjectStore;
  methods: MethodRegistry;
  screens: Screens;
  now: () => Date;
  /** The run's page in the Temporal UI, and its progress page; null where none is known. */
  page: (run: RunHandle) => string | null;
  progressPage: (run: RunHandle) => string | null;
}

/** An artifact that a run wants, as `--json` tells of it. */
export interface DescribedJob
  extends Pick<NodeProgress, 'id' | 'kind' | 'key' | 'stage' | 'unit' | 'state' | 'done' | 'total' | 'loss'> {
  worker: string | null;
  /** How long it took whoever made it; null where it is not finished, or the store does not tell. */
  seconds: number | null;
  reused: boolean;
  /** Why its last attempt failed; null where none has. */
  trouble: string | null;
}

/** What `--json` prints of a run. */
export interface DescribedRun {
  kind: 'run';
  /** Null where Temporal has forgotten the run. */
  workflowId: string | null;
  runId: string;
  status: ListedStatus;
  /** Title of the stage; null where nobody answers. */
  stage: string | null;
  dataset: string | null;
  datasetDigest: string | null;
  method: string | null;
  /** Its input with all defaults; null where that is not known any more. */
  input: Record<string, unknown> | null;
  /** In which ways the method differs from its source; empty where that is not known. */
  deviations: readonly string[];
  started: string | null;
  closed: string | null;
  /** Wall time, until now of one that is under way; null where it is not known. */
  seconds: number | null;
  jobs: DescribedJob[];
  scores: RunScores | null;
  mainScore: string | null;
  /** Why it ended without a result; null where it has one, or has not ended. */
  failure: string | null;
  /** Where it can be looked at; null where that is not known. */
  pages: { temporal: string | null; progress: string | null };
}

/** The same of an experiment. */
export interface DescribedExperiment {
  kind: 'experiment';
  workflowId: string;
  runId: string;
  status: ListedStatus;
  dataset: string | null;
  method: string | null;
  started: string;
  closed: string | null;
  seconds: number;
  runs: ExperimentProgress['runs'];
  failure: string | null;
  pages: { temporal: string | null };
}

/**
 * `ddad describe`: all that is known of a run or an experiment, whatever state it is in.
 * @throws CommandFailure where there is no such run
 */
export async function describeCommand(
  deps: DescribeDeps,
  reference: string,
): Promise<DescribedRun | DescribedExperiment> {
  const entry = await deps.runs.find(reference);
  if (entry?.kind === 'experiment') {
    const document = await describedExperiment(deps, entry);
    tellExperiment(deps.screens, document);
    return document;
  }
  const document = entry === null ? await forgotten(deps, reference) : await described(deps, entry);
  tellRun(deps.screens, document, deps.methods);
  return document;
}

async function described(deps: DescribeDeps, entry: RunEntry): Promise<DescribedRun> {
  const { id, executionId, status, dataset, method, started, closed } = entry;
  const result = status === 'completed' ? await resultOf(deps, executionId) : null;
  // A workflow answers after its end as well, where a coordinator is there for it.
  const progress = await deps.runs.progress(entry).catch(() => null);
  const known = progress ?? (result === null ? null : finishedProgress(result));
  const stage = known?.stage ?? null;
  return {
    ...ofResult(deps, result),
    kind: 'run',
    workflowId: id,
    runId: executionId,
    status: listedStatus(status, stage),
    stage,
    dataset,
    method,
    input: progress?.input ? deps.methods.storedInput(progress.input) : (result?.input ?? null),
    deviations: known?.deviations ?? [],
    started: started.toISOString(),
    closed: closed?.toISOString() ?? null,
    seconds: wallSeconds(entry, deps.now()),
    jobs: await jobsOf(deps, known?.nodes ?? []),
    failure: await failureOf(status, () => deps.runs.result(entry)),
    pages: { temporal: deps.page(entry), progress: deps.progressPage(entry) },
  };
}

/** A run of which its report alone is left. */
async function forgotten(deps: DescribeDeps, runId: string): Promise<DescribedRun> {
  const result = runIdSchema.safeParse(runId).success ? await resultOf(deps, runId) : null;
  if (result === null) throw noSuchRun(runId);
  return {
    ...ofResult(deps, result),
    kind: 'run',
    workflowId: null,
    runId,
    status: 'completed',
    stage: 'finished',
    dataset: result.dataset,
    method: result.method,
    input: result.input ?? null,
    deviations: result.deviations ?? [],
    started: null,
    closed: null,
    seconds: result.seconds.total ?? null,
    jobs: await jobsOf(deps, finishedProgress(result).nodes),
    failure: null,
    pages: { temporal: null, progress: null },
  };
}

function ofResult(
  { methods }: DescribeDeps,
  result: RunResult | null,
): Pick<DescribedRun, 'datasetDigest' | 'scores' | 'mainScore'> {
  const scores = result?.scores ?? null;
  return {
    datasetDigest: result?.datasetDigest ?? null,
    scores,
    mainScore: result === null ? null : mainScore(definitionsOf(result, methods), scores ?? {}),
  };
}

async function resultOf({ store }: DescribeDeps, runId: string): Promise<RunResult | null> {
  try {
    return await storedResult(store(), runId);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

async function jobsOf({ store }: DescribeDeps, nodes: readonly NodeProgress[]): Promise<DescribedJob[]> {
  return pLimit(manifestsAtOnce).map(nodes, async (node) => {
    const { id, kind, key, stage, unit, state, done, total, loss, worker, reused, trouble = null } = node;
    // What a run is does not depend on how long its parts took: a store that says nothing leaves that out.
    const manifest = state === 'finished' ? await readManifest(store(), kind, key).catch(() => null) : null;
    const seconds = manifest?.seconds ?? null;
    return { id, kind, key, stage, unit, state, done, total, loss, worker, seconds, reused, trouble };
  });
}

/** In the words of `ddad watch`; null where a run has a result, or goes on. */
async function failureOf(status: RunEntry['status'], result: () => Promise<unknown>): Promise<string | null> {
  if (status === 'running' || status === 'completed') return null;
  try {
    await result();
    return null;
  } catch (error) {
    if (error instanceof CommandFailure) return error.message;
    throw error;
  }
}

async function describedExperiment(deps: DescribeDeps, entry: RunEntry): Promise<DescribedExperiment> {
  const { id, executionId, status, dataset, method, started, closed } = entry;
  const progress = await deps.runs.experimentProgress(entry).catch(() => null);
  return {
    kind: 'experiment',
    workflowId: id,
    runId: executionId,
    status,
    dataset,
    method,
    started: started.toISOString(),
    closed: closed?.toISOString() ?? null,
    seconds: wallSeconds(entry, deps.now()),
    runs: progress?.runs ?? [],
    failure: await failureOf(status, () => deps.runs.experimentResult(entry)),
    pages: { temporal: deps.page(entry) },
  };
}

function tellRun({ out }: Screens, run: DescribedRun, methods: MethodRegistry): void {
  const { status, stage, dataset, datasetDigest, input, pages, scores } = run;
  const digest = datasetDigest === null ? '' : `, digest ${datasetDigest.slice(0, 12)}`;
  const facts: [string, string | null][] = [
    ['run', run.workflowId],
    ['run id', run.runId],
    ['status', stage === null || stage === status || status !== 'running' ? status : `${status}: ${stage}`],
    ['dataset', dataset === null ? null : `${dataset}${digest}`],
    ['method', methodText(run, methods)],
    ['started', run.started === null ? null : moment(new Date(run.started))],
    [
      run.closed === null && run.started !== null ? 'for' : 'took',
      run.seconds === null ? null : duration(run.seconds),
    ],
    ['Temporal', pages.temporal],
    ['progress', pages.progress],
  ];
  const lines = factLines(facts);
  if (run.deviations.length > 0) lines.push('', ...deviationLines(run.deviations));
  if (run.failure !== null) lines.push('', styled(out, 'red', run.failure));
  if (input !== null) {
    const fields = Object.entries(input).filter(([name]) => name !== 'dataset' && name !== 'method');
    const values = fields.map(([name, value]) => [`  ${name}`, JSON.stringify(value)] as [string, string]);
    lines.push('', 'input', ...factLines(values));
  }
  if (run.jobs.length > 0) lines.push('', ...jobLines(run.jobs));
  if (scores !== null) lines.push('', ...scoreLines(scores, run.mainScore));
  out.write(`${lines.join('\n')}\n`);
}

function methodText({ method, input }: DescribedRun, methods: MethodRegistry): string | null {
  const found = method === null ? null : methods.find(method);
  if (method === null || found === null || input === null) return method;
  // What the schema took once is what the method settles by.
  const facts = found.facts(input as unknown as Parameters<typeof found.facts>[0]);
  return describeRun({ method, ...facts }, methods);
}

function factLines(facts: readonly (readonly [string, string | null])[]): string[] {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== null);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function jobLines(jobs: readonly DescribedJob[]): string[] {
  const lines = itemLines(
    [
      { heading: 'job', cell: ({ id }) => id },
      { heading: 'stage', cell: ({ stage }) => stage },
      { heading: 'state', cell: ({ state, reused }) => (reused ? 'found' : state) },
      { heading: 'done', align: 'right', cell: ({ done, total }) => (total > 1 ? `${done}/${total}` : '') },
      { heading: 'loss', align: 'right', cell: ({ loss }) => (loss === null ? '' : lossFigure(loss)) },
      { heading: 'time', align: 'right', cell: ({ seconds }) => (seconds === null ? '' : duration(seconds)) },
      { heading: 'worker', cell: ({ worker }) => worker ?? '' },
      { heading: 'key', cell: ({ key }) => key.slice(0, 12) },
    ],
    jobs,
  );
  const troubles = jobs.flatMap(({ id, trouble }) => (trouble === null ? [] : [`${id}: ${trouble}`]));
  return [...lines, ...troubles];
}

function scoreLines(scores: RunScores, main: string | null): string[] {
  return itemLines(
    [
      { heading: 'score', cell: ([name]) => name },
      { heading: 'AUC', align: 'right', cell: ([, { auc }]) => percent(auc) },
      { heading: 'AP', align: 'right', cell: ([, { ap }]) => percent(ap) },
      { heading: '', cell: ([name]) => (name === main ? 'main score' : '') },
    ],
    Object.entries(scores),
  );
}

function tellExperiment({ out }: Screens, experiment: DescribedExperiment): void {
  const { status, runs } = experiment;
  const finished = runs.filter(({ state }) => state === 'finished').length;
  const lines = factLines([
    ['experiment', experiment.workflowId],
    ['run id', experiment.runId],
    ['status', status],
    ['dataset', experiment.dataset],
    ['method', experiment.method],
    ['started', moment(new Date(experiment.started))],
    [experiment.closed === null ? 'for' : 'took', duration(experiment.seconds)],
    ['runs', runs.length === 0 ? null : `${finished} of ${plural(runs.length, 'run')} finished`],
    ['Temporal', experiment.pages.temporal],
  ]);
  if (experiment.failure !== null) lines.push('', styled(out, 'red', experiment.failure));
  if (runs.length > 0) {
    const rows = runs.map(({ workflowId, state, axes }) => [workflowId, state, JSON.stringify(axes)]);
    lines.push('', ...tableLines([{ heading: 'run' }, { heading: 'state' }, { heading: 'axes' }], rows));
  }
  out.write(`${lines.join('\n')}\n`);
}
