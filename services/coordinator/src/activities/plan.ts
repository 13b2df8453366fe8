import {
  describeFaults,
  type Fault,
  type Graph,
  type GraphNode,
  type Method,
  type PlanBasis,
  type RunData,
  type ScoreDefinition,
  withHeadline,
  withReductions,
} from '@ddad/contract';
import { type Damage, type Manifest, type ObjectStore, readIntactManifest } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../failure-types.ts';
import type { MeasuredWork } from '../measured-work.ts';
import { basisOfJudged, type JudgeDeps, judgeRun } from './judge-run.ts';
import type { MlflowLogging } from './log-to-mlflow.ts';
import { sourcesOf, trainsOnUnlabeled, wholeGraph } from './whole-graph.ts';

/** A node of a run as the plan describes it to the workflow. */
export interface PlannedNode extends Omit<GraphNode, 'scores' | 'curve'> {
  /** True where it was published before this run wanted it. */
  finished: boolean;
  /** What was wrong with what lay published under its key and was set aside; absent where nothing was. */
  replaced?: string;
  /** Seconds that all of it takes one worker; absent where nothing alike was made on the dataset before. */
  expectedSeconds?: number;
}

/** What a run is called, and what its result repeats of its settings. */
export interface RunAbout {
  definitions: ScoreDefinition[];
  facts: Record<string, unknown>;
  deviations: string[];
}

/** All that a run will do. Every key is known before the first epoch. */
export interface Plan extends Omit<Graph, 'nodes'> {
  basis: PlanBasis;
  nodes: PlannedNode[];
  about: RunAbout;
}

export interface RunPlan extends Plan {
  synthetic: boolean;
  /** Absent in histories from before it was told. */
  data?: RunData;
  /** Present where finished runs are logged in MLflow. */
  mlflow?: true;
  /** True where the server knows our search attributes. */
  searchAttributes: boolean;
  /** True where it knows those of status and AUC as well; absent in plans from before there were such. */
  statusAttributes?: boolean;
  /** Activities bear the ids of their nodes; absent in plans from before, whose histories have numbers. */
  namedActivities?: true;
  /** A report that is cancelled has ended before the run goes on; absent in plans from before, whose runs do not wait for that. */
  reportSettles?: true;
  /** Address of the progress pages, as people reach them; absent where there is none. */
  pages?: string;
  /** Time without a heartbeat after which an activity's attempt is given up, in ms. */
  heartbeatTimeoutMs: number;
}

export interface PlanDeps extends JudgeDeps {
  store: ObjectStore;
  /** A published artifact was damaged and is set aside. */
  onDamage: (damage: Damage) => void;
  searchAttributes: boolean;
  /** Address of the progress pages, as people reach them. */
  pages?: string | undefined;
  heartbeatTimeoutMs: number;
  /** Where finished runs are logged; absent: nowhere. */
  mlflow?: MlflowLogging | undefined;
  /** Absent: how long nodes take is not told. */
  measured?: Pick<MeasuredWork, 'secondsOf'>;
}

/** Faults of an input as the failure that the workflow ends with. */
export function invalidInput(faults: Fault[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(describeFaults(faults), failureTypes.invalidInput, faults);
}

/**
 * Validates a run's input, all of it at once, and works out what the run will make.
 * @throws ApplicationFailure of type InvalidInput with every fault.
 */
export async function planRun(deps: PlanDeps, raw: unknown): Promise<RunPlan> {
  const judged = await judgeRun(deps, raw);
  if ('faults' in judged) throw invalidInput(judged.faults);
  const basis = await basisOfJudged(deps.catalog, judged);
  const fault = headlineFault(judged.method, basis);
  if (fault !== null) throw invalidInput([fault]);
  const { searchAttributes, pages, heartbeatTimeoutMs } = deps;
  const plan = await planOf(deps, judged.method, basis);
  const { digest, images, synthetic } = judged.dataset;
  return {
    ...plan,
    synthetic,
    data: { ...(await deps.catalog.data(digest, images)), trainsOnUnlabeled: trainsOnUnlabeled(plan) },
    searchAttributes,
    statusAttributes: searchAttributes,
    namedActivities: true,
    reportSettles: true,
    ...(pages === undefined ? {} : { pages }),
    heartbeatTimeoutMs,
    ...(deps.mlflow === undefined ? {} : { mlflow: true }),
  };
}

/** A score for the headline that the method knows, but this run does not give. */
function headlineFault(method: Method, basis: PlanBasis): Fault | null {
  const { headline } = basis.settings;
  const given = sourcesOf(wholeGraph(method, basis)).filter(({ images }) => images === 'test');
  if (headline === undefined || given.length === 0 || given.some(({ score }) => score === headline))
    return null;
  const names = given.map(({ score }) => score).join(', ');
  return { path: 'headline', message: `expected a score that this run gives: ${names}; got ${headline}` };
}

type ReplanDeps = Pick<PlanDeps, 'methods' | 'store' | 'onDamage' | 'measured'>;

/** Plans a run anew whose basis has changed; its images stay those that it began with, whatever its dataset's name means now. */
export function replan(deps: ReplanDeps, basis: PlanBasis): Promise<Plan> {
  return planOf(deps, deps.methods.method(basis.settings.method), basis);
}

/**
 * Plans a run that grows to k members.
 * @throws ApplicationFailure of type InvalidInput where its method cannot grow, or not so
 */
export async function growRun(deps: ReplanDeps, basis: PlanBasis, k: number): Promise<Plan> {
  const { settings } = basis;
  const method = deps.methods.method(settings.method);
  const refuse = (fault: string) => ApplicationFailure.nonRetryable(fault, failureTypes.invalidInput);
  if (method.grow === undefined) {
    const able = deps.methods.names.filter((name) => deps.methods.method(name).grow !== undefined);
    throw refuse(
      `expected a run of a method that can grow (${able.join(', ')}), this one is of ${method.name}`,
    );
  }
  const grown = method.grow(settings, k);
  if ('fault' in grown) throw refuse(grown.fault);
  return planOf(deps, method, { ...basis, settings: grown.settings });
}

async function planOf(
  { store, onDamage, measured }: Pick<PlanDeps, 'store' | 'onDamage' | 'measured'>,
  method: Method,
  basis: PlanBasis,
): Promise<Plan> {
  const { nodes, ...graph } = wholeGraph(method, basis);
  const published: Manifest[] = [];
  const planned = await Promise.all(
    nodes.map(async ({ scores: _, curve: _curve, ...node }): Promise<PlannedNode> => {
      const { manifest, damage } = await readIntactManifest(store, node.kind, node.key);
      if (damage !== null) onDamage(damage);
      if (manifest !== null) published.push(manifest);
      return {
        ...node,
        finished: manifest !== null,
        ...(damage === null ? {} : { replaced: damage.fault }),
      };
    }),
  );
  // How long things take is a comfort: a run is planned without.
  const seconds = await measured?.secondsOf(basis, planned, published).catch(() => null);
  return {
    ...graph,
    basis,
    about: aboutOf(method, basis),
    nodes: planned.map((node) => {
      const expected = seconds?.get(node.key);
      return expected === undefined ? node : { ...node, expectedSeconds: expected };
    }),
  };
}

function aboutOf(method: Method, { settings, imageSize }: PlanBasis): RunAbout {
  return {
    definitions: withHeadline(withReductions(method.scores(settings)), settings.headline),
    facts: method.facts(settings),
    deviations: method.deviations?.(settings, imageSize) ?? [],
  };
}
