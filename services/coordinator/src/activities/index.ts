import type { ExperimentFile, PlanBasis, RunFacts, RunForecast, RunResult } from '@ddad/contract';
import { Context } from '@temporalio/activity';
import { beating } from './beating.ts';
import { type ExperimentPlan, planExperiment, publishExperiment } from './experiment.ts';
import { foreseeRun } from './foresee.ts';
import { type LoggedInMlflow, logToMlflow } from './log-to-mlflow.ts';
import { type MadeNode, type MakeArgs, type MakeDeps, makeNode } from './make.ts';
import { makePage, type PageArgs } from './make-page.ts';
import { growRun, type Plan, type PlanDeps, planRun, type RunPlan, replan } from './plan.ts';
import { publishReport } from './publish-report.ts';

export type ActivityDeps = PlanDeps & MakeDeps;

/** The activities of the workflows, as Temporal names them. */
export function createActivities(deps: ActivityDeps) {
  const short = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    beating(deps.beatMs, () => work(Context.current().cancellationSignal));
  return {
    /** Validates the input and works out every key of the run. */
    plan: (raw: unknown): Promise<RunPlan> => short(() => planRun(deps, raw)),
    /** What a run would do. */
    foresee: (raw: unknown): Promise<RunForecast> => short(() => foreseeRun(deps, raw)),
    /** Plans a run anew whose basis has changed: a seed diverged, a node failed for good. */
    replan: (basis: PlanBasis): Promise<Plan> => short(() => replan(deps, basis)),
    /** Plans a run that grows. */
    grow: (basis: PlanBasis, k: number): Promise<Plan> => short(() => growRun(deps, basis, k)),
    /** Has one node made. */
    make: (args: MakeArgs): Promise<MadeNode> => makeNode(deps, args),
    /** Brings a run's facts and its evaluation together in report.json. */
    publishReport: (facts: RunFacts, evaluation: string): Promise<RunResult> =>
      short((signal) => publishReport(deps, facts, evaluation, signal)),
    makePage: (args: PageArgs): Promise<string> => makePage(deps, args),
    /** Logs a finished run in MLflow. */
    logToMlflow: (result: RunResult, workflowId: string): Promise<LoggedInMlflow> =>
      short((signal) => logToMlflow(deps, result, workflowId, signal)),
    /** Validates every combination of an experiment. */
    planExperiment: (raw: unknown): Promise<ExperimentPlan> => short(() => planExperiment(deps, raw)),
    publishExperiment: (experiment: ExperimentFile): Promise<void> =>
      short(() => publishExperiment(deps, experiment)),
  };
}

export type Activities = ReturnType<typeof createActivities>;
