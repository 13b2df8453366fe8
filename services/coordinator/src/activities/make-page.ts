import {
  artifactKey,
  type Graph,
  newPageSpec,
  type PageSpec,
  type PlanBasis,
  packingsOf,
  pageKind,
  reportStage,
  runKeys,
  type ShownArtifact,
} from '@ddad/contract';
import { type ObjectStore, readManifest } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import type { RunIdentity } from '../dispatch/fairness.ts';
import { evaluationId, selectionOf } from '../run-selection.ts';
import { attemptJob, carriedBefore, type Follow } from './job-attempt.ts';
import type { MakeDeps } from './make.ts';
import type { PlanDeps } from './plan.ts';
import { putUnlessAborted, sameGraph, standingReport, writeReport } from './publish-report.ts';
import type { Patience } from './setbacks.ts';
import { unlessCancelled } from './unless-cancelled.ts';
import { sourcesOf, trainsOnUnlabeled, wholeGraph } from './whole-graph.ts';

/** A run whose page is wanted. */
export interface PageArgs {
  run: RunIdentity;
  /** Place in the run, behind all of its nodes. */
  position: number;
  /** As it was planned last. */
  basis: PlanBasis;
}

type PageDeps = MakeDeps & Pick<PlanDeps, 'methods'>;

/** Pages are made at best: what fails by itself a few times is left out, however soon. */
const pagePatience: Patience = { failures: 3, forMs: 0 };

/**
 * Has a run's page made from its report.json, lays it beside that, and has report.json name it. Attempts are not limited in
 * number: scorers that are lost, or a store that is away, say nothing of the page.
 * @returns the page's object key
 */
export function makePage(deps: PageDeps, args: PageArgs): Promise<string> {
  const total = args.basis.images.test?.count ?? 0;
  const { setbacks } = carriedBefore();
  const page = { id: 'page', pool: pageKind.pool, total, steps: async () => 0 };
  const carried = { setbacks };
  return attemptJob({ ...deps, patience: pagePatience }, page, carried, (follow) =>
    draw(deps, args, total, follow),
  );
}

async function draw(
  deps: PageDeps,
  { run, position, basis }: PageArgs,
  total: number,
  follow: Follow,
): Promise<string> {
  const trace = deps.tracing.current();
  const signal = Context.current().cancellationSignal;
  const result = await unlessCancelled(readReport(deps.store, run.runId));
  const method = deps.methods.method(basis.settings.method);
  const graph = wholeGraph(method, basis);
  const shown = graph.nodes.filter(({ id }) => id !== evaluationId && !basis.lost.includes(id));
  const spec = newPageSpec({
    result,
    // A run that began before its method had a field says what that is.
    input: deps.methods.storedInput(basis.settings),
    heading: { title: method.title, run: method.describe(result) },
    datasetDigest: basis.datasetDigest,
    selection: selectionOf(basis.settings),
    trainsOnUnlabeled: trainsOnUnlabeled(graph),
    ...(method.roles === undefined ? {} : { roles: method.roles }),
    // A page shows the times of what it is the report of, not its own.
    stages: graph.stages.map(({ name }) => name).filter((name) => name !== reportStage.name),
    artifacts: shown.map(
      ({ kind, key, id, member, artifact }): ShownArtifact => ({
        kind,
        key,
        id,
        ...(member === undefined ? {} : { member }),
        ...(artifact === undefined ? {} : { artifact }),
      }),
    ),
    ...(await unlessCancelled(separationsOf(deps, basis))),
    sources: sourcesOf(graph).filter(({ images }) => images === 'test'),
    ...(result.calibration === undefined ? {} : evaluationOf(graph)),
  });
  const key = artifactKey(spec);
  const { kind, pool } = pageKind;
  const { datasetDigest } = basis;
  const ticket = deps.workers[pool].request({
    key,
    job: { kind, spec, datasetDigest, images: [] },
    run,
    order: position,
    total,
    trace,
  });
  await follow(key, ticket);
  const manifest = await unlessCancelled(readManifest(deps.store, kind, key));
  const file = manifest?.files.page;
  if (file === undefined) throw new Error(`page: the worker finished, but ${kind} ${key} is not published`);
  const bytes = await unlessCancelled(deps.store.get(file.object));
  const standing = await unlessCancelled(standingReport(deps.store, run.runId));
  if (standing === null || !sameGraph(standing, result)) {
    throw new Error('page: the report that it was made of is not there any more');
  }
  await putUnlessAborted(deps.store, result.files.page, bytes, signal);
  await writeReport(deps.store, result, signal);
  return result.files.page;
}

function evaluationOf({ nodes }: Pick<Graph, 'nodes'>): Pick<PageSpec, 'evaluation'> {
  const found = nodes.find(({ id }) => id === evaluationId);
  return found === undefined ? {} : { evaluation: found.key };
}

/** What files alone tell, of the dataset that the run was made of; nothing where its name stands for another one by now. */
async function separationsOf(
  { catalog }: Pick<PlanDeps, 'catalog'>,
  { settings, datasetDigest }: PlanBasis,
): Promise<Pick<PageSpec, 'separations'>> {
  const record = await catalog.record(settings.dataset);
  const same = record !== null && packingsOf(record).some(({ digest }) => digest === datasetDigest);
  return same && record.separations !== undefined ? { separations: record.separations } : {};
}

/** A run's report.json, with the page that it is about to have. */
async function readReport(store: ObjectStore, runId: string) {
  const result = await standingReport(store, runId);
  if (result === null) throw new Error(`page: expected ${runKeys.report(runId)} to make it of, found none`);
  return { ...result, files: { ...result.files, page: runKeys.page(runId) } };
}
