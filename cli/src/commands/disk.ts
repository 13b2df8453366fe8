import { pageKind, weightsKind } from '@ddad/contract';
import { artifactKeysOf } from '@ddad/runs';
import {
  artifactsAmong,
  digestsOf,
  listDatasets,
  type ObjectEntry,
  type ObjectStore,
  packingsAmong,
} from '@ddad/storage';
import { bytesFigure } from '../figures.ts';
import { pagesByRun } from '../made-pages.ts';
import { addCounts, countObjects, type ObjectCount } from '../object-count.ts';
import type { Screens } from '../screen.ts';
import { readReports, reportObjects } from '../stored-reports.ts';
import { tableLines } from '../table.ts';
import type { TemporalRuns } from '../temporal-runs.ts';

export interface DiskDeps {
  store: ObjectStore;
  /** Names of runs; rejects where Temporal does not answer. */
  list: TemporalRuns['list'];
  screens: Screens;
}

/** What `--json` prints. */
export interface DiskUse {
  /** By the first part of the objects' keys: kinds of artifacts, `datasets`, `checkpoints`, `reports`; the largest first. */
  kinds: (ObjectCount & { kind: string })[];
  /** Packed images; two names for the same ones count them each. */
  datasets: (ObjectCount & { name: string })[];
  /** Packed images that no name stands for any more. */
  nameless: ObjectCount;
  /** Of every report, the largest first. */
  runs: {
    runId: string;
    /** Null where Temporal does not know the run any more. */
    workflowId: string | null;
    dataset: string | null;
    /** Its report and its pages, and artifacts that no other report names: what `run delete` removes. */
    own: ObjectCount;
    /** Artifacts that other reports name too. */
    shared: ObjectCount;
  }[];
  /** Artifacts that no report names: of runs under way, and of those that failed. */
  unnamed: ObjectCount;
  /** Pages that are of no run with a report. */
  pages: ObjectCount;
  total: ObjectCount;
}

/** Runs that are looked up by name. */
const mostNames = 1000;

/** `ddad disk`: what takes how much in the store, by kind and by run. @param options.limit runs in the table at most */
export async function showDisk(deps: DiskDeps, options: { limit: number }): Promise<DiskUse> {
  const entries = await deps.store.list('');
  const use: DiskUse = {
    kinds: byKind(entries),
    ...(await byDataset(deps.store, entries)),
    ...(await byRun(deps, entries)),
    total: countObjects(entries),
  };
  tell(deps.screens, use, options.limit);
  return use;
}

function byKind(entries: readonly ObjectEntry[]): DiskUse['kinds'] {
  const groups = Map.groupBy(entries, ({ key }) => key.slice(0, key.indexOf('/')));
  return [...groups]
    .map(([kind, some]) => ({ kind, ...countObjects(some) }))
    .sort((a, b) => b.bytes - a.bytes);
}

async function byDataset(
  store: ObjectStore,
  entries: readonly ObjectEntry[],
): Promise<Pick<DiskUse, 'datasets' | 'nameless'>> {
  const records = await listDatasets(store);
  const packings = packingsAmong(entries);
  const count = (wanted: (digest: string) => boolean) =>
    countObjects(packings.flatMap(({ digest, files }) => (wanted(digest) ? files : [])));
  const named = digestsOf(records);
  return {
    datasets: records.map((record) => {
      const digests = digestsOf([record]);
      return { name: record.name, ...count((digest) => digests.has(digest)) };
    }),
    nameless: count((digest) => !named.has(digest)),
  };
}

async function byRun(
  { store, list, screens }: DiskDeps,
  entries: readonly ObjectEntry[],
): Promise<Pick<DiskUse, 'runs' | 'unnamed' | 'pages'>> {
  const reports = await readReports(store, entries);
  const objects = reportObjects(entries);
  const artifacts = artifactsAmong(entries);
  const sizes = new Map(
    artifacts.map(({ key, files, checkpoints }) => [key, countObjects([...files, ...checkpoints])] as const),
  );
  const keysOf = new Map(
    reports.map((report) => [
      report.runId,
      'result' in report ? [...new Set(artifactKeysOf(report.result))] : [],
    ]),
  );
  const times = new Map<string, number>();
  for (const key of [...keysOf.values()].flat()) times.set(key, (times.get(key) ?? 0) + 1);
  const count = (keys: readonly string[]) => addCounts(keys.flatMap((key) => sizes.get(key) ?? []));
  const pages = await pagesByRun(store, artifacts);
  const names = await namesOf(list);
  const paged = new Set<string>();
  const runs = reports.map((report) => {
    const { runId } = report;
    if ('fault' in report) screens.err.write(`${report.fault.message}\n`);
    const keys = keysOf.get(runId) ?? [];
    const made = (pages.get(runId) ?? []).map(({ key }) => key);
    const own = [...keys.filter((key) => times.get(key) === 1), ...made];
    for (const key of made) paged.add(key);
    return {
      runId,
      workflowId: names.get(runId) ?? null,
      dataset: 'result' in report ? report.result.dataset : null,
      own: addCounts([count(own), countObjects(objects.get(runId) ?? [])]),
      shared: count(keys.filter((key) => times.get(key) !== 1)),
    };
  });
  const others = artifacts.filter(({ key }) => !times.has(key) && !paged.has(key));
  const countOf = (wanted: (kind: string) => boolean) =>
    count(others.flatMap(({ kind, key }) => (wanted(kind) ? [key] : [])));
  return {
    runs: runs.sort((a, b) => b.own.bytes - a.own.bytes),
    // Weights that users added are no run's.
    unnamed: countOf((kind) => kind !== weightsKind && kind !== pageKind.kind),
    pages: countOf((kind) => kind === pageKind.kind),
  };
}

/** Names of runs by Temporal's run id; none where Temporal does not answer: reports are there all the same. */
async function namesOf(list: TemporalRuns['list']): Promise<Map<string, string>> {
  const runs = await list(mostNames).catch(() => []);
  return new Map(runs.map(({ id, executionId }) => [executionId, id]));
}

function tell({ out }: Screens, use: DiskUse, limit: number): void {
  const { kinds, datasets, nameless, runs, unnamed, pages, total } = use;
  const right = 'right' as const;
  const counts = [
    { heading: 'objects', align: right },
    { heading: 'size', align: right },
  ];
  const cells = ({ objects, bytes }: ObjectCount) => [String(objects), bytesFigure(bytes)];
  const lines = tableLines(
    [{ heading: 'kind' }, ...counts],
    [...kinds.map((one) => [one.kind, ...cells(one)]), ['together', ...cells(total)]],
  );
  if (datasets.length > 0) {
    const rows = datasets.map((one) => [one.name, ...cells(one)]);
    lines.push('', ...tableLines([{ heading: 'dataset' }, ...counts], rows));
  }
  if (runs.length > 0) {
    const columns = [
      { heading: 'run' },
      { heading: 'dataset' },
      { heading: 'own', align: right },
      { heading: 'with others', align: right },
    ];
    const rows = runs
      .slice(0, limit)
      .map(({ workflowId, runId, dataset, own, shared }) => [
        workflowId ?? runId,
        dataset ?? '?',
        bytesFigure(own.bytes),
        bytesFigure(shared.bytes),
      ]);
    lines.push('', ...tableLines(columns, rows));
    if (runs.length > limit) lines.push(`... and ${runs.length - limit} more; --limit shows them`);
  }
  const left = [`artifacts that no report names: ${bytesFigure(unnamed.bytes)}`];
  if (nameless.objects > 0)
    left.push(`packed images that no name stands for: ${bytesFigure(nameless.bytes)}`);
  if (pages.objects > 0) left.push(`pages of runs without a report: ${bytesFigure(pages.bytes)}`);
  lines.push('', `${left.join('; ')}; "npx ddad prune" says what may go`);
  out.write(`${lines.join('\n')}\n`);
}
