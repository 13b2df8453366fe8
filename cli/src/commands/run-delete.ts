import { artifactKeysOf, MalformedResult } from '@ddad/runs';
import {
  type ArtifactObjects,
  artifactsAmong,
  manifestKey,
  type ObjectEntry,
  ObjectNotFound,
  type ObjectStore,
} from '@ddad/storage';
import { noSuchRun, notNow } from '../failure.ts';
import { bytesFigure, plural } from '../figures.ts';
import { pagesByRun } from '../made-pages.ts';
import { namedArtifacts } from '../named-artifacts.ts';
import { countObjects, type ObjectCount } from '../object-count.ts';
import type { Screens } from '../screen.ts';
import { reportObjects } from '../stored-reports.ts';
import { storedResult } from '../stored-results.ts';
import { tableLines } from '../table.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';

export interface RunDeleteDeps {
  runs: Pick<TemporalRuns, 'find' | 'progress' | 'underWay' | 'forget'>;
  store: ObjectStore;
  screens: Screens;
}

/** What `--json` prints. */
export interface DeletedRun {
  /** Null where Temporal has forgotten the run. */
  workflowId: string | null;
  runId: string;
  /** False where it was only looked at. */
  deleted: boolean;
  /** What goes, or went. */
  reports: ObjectCount;
  artifacts: ObjectCount;
  checkpoints: ObjectCount;
  /** Artifacts of the run that stay, as other runs name them or want them. */
  shared: { kind: string; key: string }[];
  /** Why artifacts stay of which nobody can say whether they are shared; null where that is known of all. */
  left: string | null;
}

/** What belongs to a run. */
interface Belongings {
  reports: ObjectEntry[];
  own: ArtifactObjects[];
  shared: ArtifactObjects[];
  left: string | null;
}

/**
 * `ddad run delete`: takes a run that has ended out of store and Temporal: its report, and the artifacts and checkpoints that no
 * other run names or wants. Its dataset stays.
 * @param options.dryRun only say what would go and what would stay
 * @throws CommandFailure where there is no such run, or it is under way
 */
export async function deleteRun(
  deps: RunDeleteDeps,
  options: { run: string; dryRun?: boolean },
): Promise<DeletedRun> {
  const { runs, store } = deps;
  const entry = await runs.find(options.run);
  if (entry?.kind === 'experiment')
    throw notNow(`${entry.id} is an experiment: its runs, which "npx ddad runs" lists, can each be deleted`);
  if (entry?.status === 'running')
    throw notNow(`${entry.id} cannot be deleted: it is under way; "npx ddad cancel ${entry.id}" ends it`);
  const runId = entry?.executionId ?? options.run;
  const entries = await store.list('');
  const found = await belongings(deps, entry, runId, entries);
  // Temporal forgets runs; their reports stay.
  if (entry === null && found.reports.length === 0) throw noSuchRun(options.run);
  const { reports, own, shared, left } = found;
  if (options.dryRun !== true) {
    await removeArtifacts(store, own);
    // The report last: it names what was to go, so that a deletion that broke off can be done again.
    await store.remove(reports.map(({ key }) => key));
    if (entry !== null) await runs.forget(entry);
  }
  const document: DeletedRun = {
    workflowId: entry?.id ?? null,
    runId,
    deleted: options.dryRun !== true,
    reports: countObjects(reports),
    artifacts: countObjects(own.flatMap(({ files }) => files)),
    checkpoints: countObjects(own.flatMap(({ checkpoints }) => checkpoints)),
    shared: shared.map(({ kind, key }) => ({ kind, key })),
    left,
  };
  // Of one that is not finished there are checkpoints alone.
  tell(deps, options.run, document, own.filter(({ files }) => files.length > 0).length);
  return document;
}

async function belongings(
  { runs, store }: RunDeleteDeps,
  entry: RunEntry | null,
  runId: string,
  entries: readonly ObjectEntry[],
): Promise<Belongings> {
  const reports = reportObjects(entries).get(runId) ?? [];
  const artifacts = artifactsAmong(entries);
  const keys = (await keysOf(store, runId)) ?? (await plannedKeys(runs, entry));
  if (keys === null) {
    const left =
      'nobody knows any more what the run wanted: "npx ddad prune --artifacts" finds what no run names';
    return { reports, own: [], shared: [], left };
  }
  for (const { key } of (await pagesByRun(store, artifacts)).get(runId) ?? []) keys.add(key);
  const mine = artifacts.filter(({ key }) => keys.has(key));
  // In this order: a run that ends meanwhile is among those under way, or has its report.
  const underWay = await runs.underWay();
  if (underWay.unknown.length > 0) {
    const left = `it is not known what these want: ${underWay.unknown.join(', ')}; "npx ddad prune --artifacts" finds later what no run names`;
    return { reports, own: [], shared: mine, left };
  }
  const named = await namedArtifacts(store, runId);
  const wanted = ({ key }: ArtifactObjects) => named.has(key) || underWay.underWay.has(key);
  return { reports, own: mine.filter((one) => !wanted(one)), shared: mine.filter(wanted), left: null };
}

/** By its report; null where there is none. */
async function keysOf(store: ObjectStore, runId: string): Promise<Set<string> | null> {
  try {
    return new Set(artifactKeysOf(await storedResult(store, runId)));
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof MalformedResult) return null;
    throw error;
  }
}

/** Of a run that did not get as far as its report: what it planned, which its workflow tells; null where that does not answer. */
async function plannedKeys(
  runs: Pick<TemporalRuns, 'progress'>,
  entry: RunEntry | null,
): Promise<Set<string> | null> {
  if (entry === null) return null;
  try {
    return new Set((await runs.progress(entry)).nodes.map(({ key }) => key));
  } catch {
    return null;
  }
}

async function removeArtifacts(store: ObjectStore, artifacts: readonly ArtifactObjects[]): Promise<void> {
  for (const { kind, key, files, checkpoints } of artifacts) {
    // An artifact without a manifest is one that is not made; one without a file is damaged.
    await store.remove([manifestKey(kind, key)]);
    await store.remove([...files, ...checkpoints].map((entry) => entry.key));
  }
}

function tell({ screens }: RunDeleteDeps, run: string, document: DeletedRun, artifacts: number): void {
  const { out, err } = screens;
  const { deleted, shared, left } = document;
  const columns = [
    { heading: deleted ? 'removed' : 'would go' },
    { heading: 'objects', align: 'right' },
    { heading: 'size', align: 'right' },
  ] as const;
  const rows = [
    ['report', document.reports] as const,
    [plural(artifacts, 'artifact'), document.artifacts] as const,
    ['their checkpoints', document.checkpoints] as const,
  ].map(([what, { objects, bytes }]) => [what, String(objects), bytesFigure(bytes)]);
  out.write(`${tableLines(columns, rows).join('\n')}\n`);
  if (left !== null) err.write(`${deleted ? 'artifacts stay' : 'artifacts would stay'}: ${left}\n`);
  else if (shared.length > 0) out.write(`kept: ${plural(shared.length, 'artifact')} of other runs too\n`);
  if (!deleted) err.write(`nothing was removed; without --dry-run ${run} is\n`);
}
