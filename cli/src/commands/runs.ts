import { mainScore } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { definitionsOf, type RunFilter } from '@ddad/runs';
import type { ObjectStore } from '@ddad/storage';
import pLimit from 'p-limit';
import { duration, moment, percent } from '../figures.ts';
import { type ListedStatus, listedStatus, type listedStatuses, wallSeconds } from '../listed-status.ts';
import { type Screens, styled } from '../screen.ts';
import { storedResult } from '../stored-results.ts';
import { tableLines } from '../table.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';

export interface RunsOptions {
  limit: number;
  dataset?: string;
  method?: string;
  status?: readonly (typeof listedStatuses)[number][];
  /** Started at most so many milliseconds ago. */
  since?: number;
}

/** A run as `--json` lists it. */
export interface ListedRun
  extends Pick<RunEntry, 'id' | 'executionId' | 'kind' | 'dataset' | 'method' | 'k'> {
  status: ListedStatus;
  /** Title of the stage that a run under way is in; null where that is not known. */
  stage: string | null;
  /** AUC of a finished run's main score, 0 to 1; null where it has none, or that is not known. */
  auc: { score: string; value: number } | null;
  /** ISO 8601. */
  started: string;
  /** Wall time, until now of one that is under way. */
  seconds: number;
}

export interface RunsDeps {
  runs: Pick<TemporalRuns, 'list' | 'progress'>;
  /** Where reports lie; rejects where that is not known. */
  store: () => Promise<Pick<ObjectStore, 'get'>>;
  methods: MethodRegistry;
  screens: Screens;
  now: () => Date;
}

/** For how long a run may think about where it stands, in milliseconds: there is a list to be shown. */
const answerMs = 2_000;
/** Runs that are asked for, and reports that are read, at a time. */
const atOnce = 16;
/** So many are looked through at most where only the runs themselves tell whether they are wanted. */
const mostLooked = 2_000;

/**
 * `ddad runs`: the latest runs and experiments, the newest first. An experiment's runs carry its name; of what differs
 * between them there is nothing to show.
 */
export async function listRunsCommand(deps: RunsDeps, options: RunsOptions): Promise<ListedRun[]> {
  const { out, err } = deps.screens;
  const runs = await wantedRuns(deps, options);
  if (runs.length === 0) {
    const any = [options.dataset, options.method, options.status, options.since].some(
      (one) => one !== undefined,
    );
    err.write(any ? 'no such runs\n' : 'no runs yet; start one with: npx ddad run --dataset NAME\n');
    return runs;
  }
  const columns = [
    { heading: 'run' },
    { heading: 'status' },
    { heading: 'dataset' },
    { heading: 'method' },
    { heading: 'k', align: 'right' },
    { heading: 'AUC', align: 'right' },
    { heading: 'of' },
    { heading: 'started' },
    { heading: 'time', align: 'right' },
  ] as const;
  const rows = runs.map((run) => [
    run.id,
    run.kind === 'experiment' ? `${run.status} (experiment)` : run.status,
    run.dataset ?? unknown(run),
    run.method ?? unknown(run),
    run.k === null ? '–' : String(run.k),
    run.auc === null ? '' : percent(run.auc.value),
    run.auc === null ? '' : run.auc.score,
    moment(new Date(run.started)),
    duration(run.seconds),
  ]);
  const [heading, ...lines] = tableLines(columns, rows);
  out.write(`${[styled(out, 'bold', heading ?? ''), ...lines].join('\n')}\n`);
  return runs;
}

/** The latest that are wanted. Paused runs are told from those that go on after they were listed: more are, until there are enough. */
async function wantedRuns(deps: RunsDeps, options: RunsOptions): Promise<ListedRun[]> {
  const { limit, status } = options;
  const filter = filterOf(options, deps.now());
  const wanted = (run: ListedRun) => status === undefined || status.some((one) => one === run.status);
  const looked = new Map<string, ListedRun>();
  for (let asked = limit; ; asked = Math.min(2 * asked, mostLooked)) {
    const found = await deps.runs.list(asked, filter);
    const all = await pLimit(atOnce).map(found, async (run) => {
      const known = looked.get(run.executionId) ?? (await listed(deps, run));
      looked.set(run.executionId, known);
      return known;
    });
    const runs = all.filter(wanted);
    if (runs.length >= limit || found.length < asked || asked >= mostLooked) return runs.slice(0, limit);
  }
}

const unknown = ({ kind }: Pick<RunEntry, 'kind'>) => (kind === 'experiment' ? '–' : '?');

function filterOf({ dataset, method, status, since }: RunsOptions, now: Date): RunFilter {
  const asked = status?.map((one) => (one === 'paused' ? 'running' : one));
  return {
    dataset,
    method,
    ...(asked === undefined ? {} : { statuses: [...new Set(asked)] }),
    ...(since === undefined ? {} : { since: new Date(now.getTime() - since) }),
  };
}

async function listed(deps: RunsDeps, run: RunEntry): Promise<ListedRun> {
  const { id, executionId, kind, status, dataset, method, k, started } = run;
  const going = kind === 'run' && status === 'running';
  // A coordinator that is away keeps nobody from seeing which runs there are.
  const stage = going
    ? await deps.runs.progress(run, answerMs).then(
        (progress) => progress.stage,
        () => null,
      )
    : null;
  return {
    ...{ id, executionId, kind, status: listedStatus(status, stage), stage, dataset, method, k },
    auc: kind === 'run' && status === 'completed' ? await aucOf(deps, executionId) : null,
    started: started.toISOString(),
    seconds: wallSeconds(run, deps.now()),
  };
}

/** Of a run's main score; null where it has none, or its report cannot be read. */
async function aucOf({ store, methods }: RunsDeps, runId: string): Promise<ListedRun['auc']> {
  try {
    const result = await storedResult(await store(), runId);
    const score = mainScore(definitionsOf(result, methods), result.scores ?? {});
    const figures = score === null ? undefined : result.scores?.[score];
    return score === null || figures === undefined ? null : { score, value: figures.auc };
  } catch {
    return null;
  }
}
