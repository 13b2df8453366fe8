import {
  type AddMembersInput,
  type AddMembersResult,
  addMembersUpdate,
  type BriefResult,
  pauseSignal,
  type RunProgress,
  type RunResult,
  resumeSignal,
} from '@ddad/contract';
import {
  type ActivityOptions,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunPlan } from '../activities/plan.ts';
import { failureTypes } from '../failure-types.ts';
import { nodeProgressSignal } from '../node-progress.ts';
import { evaluationId, selectionOf } from '../run-selection.ts';
import { logToMlflow, makePage, plan, publishReportThat } from './activity-stubs.ts';
import { audit } from './audit-sinks.ts';
import { damageIn, isStopped, planFailure, reasonOf, stageFailure, workflowFailure } from './failures.ts';
import { GraphRun } from './graph-run.ts';
import { Growth } from './growth.ts';
import { Pausing } from './pausing.ts';
import { briefResult, runFacts } from './run-facts.ts';
import { RunState } from './run-state.ts';
import { describeOutcome, describeRun, describeStage } from './search-attributes.ts';

export const progressQuery = defineQuery<RunProgress>('progress');
export const progressSignal = defineSignal<[unknown]>(nodeProgressSignal);
export const pause = defineSignal(pauseSignal);
export const resume = defineSignal(resumeSignal);
export const addMembers = defineUpdate<AddMembersResult, [AddMembersInput]>(addMembersUpdate);

/** How a run that is part of something larger is started. */
export interface RunOptions {
  /** Whole results of hundreds of runs would not fit into an experiment's history. */
  brief?: boolean;
}

/** What a run's parts share. */
interface Run {
  state: RunState;
  pausing: Pausing;
  growth: Growth;
  runId: string;
  planned: RunPlan;
  graph: GraphRun;
  options: ActivityOptions;
}

/**
 * Makes all that a run's method plans, evaluates it and reports.
 * @param raw the run's input (`RunInput`), as it came: the plan checks it.
 * @throws ApplicationFailure; of type InvalidInput with every fault of the input in its message and details.
 */
export async function trainEnsemble(
  raw: unknown,
  { brief }: RunOptions = {},
): Promise<RunResult | BriefResult> {
  const state = new RunState();
  const pausing: Pausing = new Pausing(() =>
    state.pausing(pausing.paused ? 'paused' : pausing.wanted ? 'wanted' : 'no'),
  );
  const growth = new Growth((graph) => describe(planned, graph));
  setHandler(progressQuery, () => state.progress());
  setHandler(progressSignal, (rows) => state.heard(rows));
  setHandler(pause, () => pausing.pause());
  setHandler(resume, () => pausing.resume());
  setHandler(addMembers, (input) => growth.add(input), { validator: (input) => growth.check(input) });
  const { workflowId, runId, startTime } = workflowInfo();
  audit.started();
  let planned: RunPlan | null = null;
  try {
    planned = await makePlan(raw);
    const options: ActivityOptions = { heartbeatTimeout: planned.heartbeatTimeoutMs };
    const identity = { workflowId, runId, startedAt: startTime.getTime() };
    const selection = selectionOf(planned.basis.settings);
    const named = planned.namedActivities === true;
    const graph = new GraphRun({ state, pausing, run: identity, selection, options, named }, planned);
    growth.begin(graph);
    describe(planned, graph);
    if (planned.statusAttributes === true) state.tellStages(describeStage);
    if (planned.pages !== undefined) state.page = `${planned.pages}/runs/${encodeURIComponent(workflowId)}`;
    const run: Run = { state, pausing, growth, runId, planned, graph, options };
    const result = await logged(run, identity, await makeAll(run, identity));
    state.finished();
    if (planned.statusAttributes === true) describeOutcome(result);
    return brief === true
      ? briefResult(result, result.files.report, graph)
      : { ...result, seconds: state.seconds() };
  } catch (error) {
    state.ended();
    const failure = workflowFailure(error);
    if (isCancellation(failure)) audit.cancelled();
    throw failure;
  } finally {
    growth.end();
  }
}

async function makePlan(raw: unknown): Promise<RunPlan> {
  try {
    return await plan.executeWithOptions({ summary: 'plan' }, [raw]);
  } catch (error) {
    throw planFailure(error);
  }
}

/** Makes the graph and its report; a graph that grew meanwhile once more. */
async function makeAll(
  run: Run,
  identity: { workflowId: string; runId: string; startedAt: number },
): Promise<RunResult> {
  const { graph, growth } = run;
  for (;;) {
    await graph.make();
    const report = await publish(run);
    if (report === null) continue;
    const page = graph.complete ? await drawPage(run, identity) : null;
    if (graph.complete && !growth.growing) {
      growth.end();
      return { ...report, files: { ...report.files, page } };
    }
  }
}

/** Writes the report. @returns null where its evaluation was damaged, and is to be made again */
async function publish({ state, pausing, runId, planned, graph }: Run): Promise<RunResult | null> {
  const evaluation = graph.nodes.find(({ node }) => node.id === evaluationId);
  if (evaluation === undefined) throw new TypeError('expected an evaluation in the graph, got none');
  const facts = runFacts(runId, planned, graph, state.seconds());
  const publishReport = publishReportThat(planned.reportSettles === true);
  try {
    return await pausing.run(() =>
      publishReport.executeWithOptions({ summary: 'report' }, [facts, evaluation.node.key]),
    );
  } catch (error) {
    const damaged = damageIn(error);
    if (damaged !== null && graph.again(damaged)) return null;
    throw stageFailure('the report', failureTypes.stageFailed, error);
  }
}

/** Has the page made, at best. @returns its object key; null where it could not be made */
async function drawPage(
  { state, pausing, graph, options }: Run,
  identity: { workflowId: string; runId: string; startedAt: number },
): Promise<string | null> {
  const { basis } = graph.plan;
  const position = graph.nodes.length + state.placeOf(evaluationId);
  try {
    return await pausing.run(() =>
      makePage.executeWithOptions({ ...options, summary: 'page' }, [{ run: identity, position, basis }]),
    );
  } catch (error) {
    if (isStopped(error)) throw error;
    return null;
  }
}

/** Has the run logged in MLflow where that is wanted, at best. @returns the result, with a note where it could not be */
async function logged(
  { pausing, planned, state }: Run,
  { workflowId }: { workflowId: string },
  result: RunResult,
): Promise<RunResult> {
  if (planned.mlflow !== true) return result;
  const whole = { ...result, seconds: state.seconds() };
  try {
    const told = await pausing.run(() =>
      logToMlflow.executeWithOptions({ summary: 'MLflow' }, [whole, workflowId]),
    );
    // Coordinators of versions before told the address of the run's page alone.
    const without = typeof told === 'string' ? [] : told.without;
    if (without.length === 0) return result;
    return { ...result, notes: without.map((part) => `MLflow: the run was logged without ${part}`) };
  } catch (error) {
    if (isStopped(error)) throw error;
    return { ...result, notes: [`MLflow: the run could not be logged: ${reasonOf(error)}`] };
  }
}

function describe(planned: RunPlan | null, { plan: { basis, about } }: GraphRun): void {
  if (planned?.searchAttributes === true) describeRun(basis.settings, about.facts);
}
