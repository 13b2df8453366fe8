import type { ExperimentFile, PlanBasis, RunFacts, RunForecast, RunResult } from '@ddad/contract';
import { Context } from '@temporalio/activity';
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
  /** Keeps the activity alive while a short one works. */
  const beating = async <T>(work: Promise<T>): Promise<T> => {
    const context = Context.current();
    context.heartbeat();
    const timer = setInterval(() => context.heartbeat(), deps.beatMs);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  };
  return {
    /** Validates the input and works out every key of the run. */
    plan: (raw: unknown): Promise<RunPlan> => beating(planRun(deps, raw)),
    /** What a run would do. */
    foresee: (raw: unknown): Promise<RunForecast> => beating(foreseeRun(deps, raw)),
    /** Plans a run anew whose basis has changed: a seed diverged, a node failed for good. */
    replan: (basis: PlanBasis): Promise<Plan> => beating(replan(deps, basis)),
    /** Plans a run that grows. */
    grow: (basis: PlanBasis, k: number): Promise<Plan> => beating(growRun(deps, basis, k)),
    /** Has one node made. */
    make: (args: MakeArgs): Promise<MadeNode> => makeNode(deps, args),
    /** Brings a run's facts and its evaluation together in report.json. */
    publishReport: (facts: RunFacts, evaluation: string): Promise<RunResult> =>
      beating(publishReport(deps, facts, evaluation)),
    makePage: (args: PageArgs): Promise<string> => makePage(deps, args),
    /** Logs a finished run in MLflow. */
    logToMlflow: (result: RunResult, workflowId: string): Promise<LoggedInMlflow> =>
      beating(logToMlflow(deps, result, workflowId, Context.current().cancellationSignal)),
    /** Validates every combination of an experiment. */
    planExperiment: (raw: unknown): Promise<ExperimentPlan> => beating(planExperiment(deps, raw)),
    publishExperiment: (experiment: ExperimentFile): Promise<void> =>
      beating(publishExperiment(deps, experiment)),
  };
}

export type Activities = ReturnType<typeof createActivities>;
