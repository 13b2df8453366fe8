import type { GraphStage } from './method.ts';
import type { JobProgress } from './progress.ts';
import type { RunSettings } from './run-input.ts';

/** Workflow type and task queue that users start; activities that wait for workers have queues of their own. */
export const workflowType = 'trainEnsemble';
export const taskQueue = 'ddad';

/** Signals without an argument: the run stops after checkpoints and holds no worker; it goes on from them. */
export const pauseSignal = 'pause';
export const resumeSignal = 'resume';
/** Update that raises K of a run: `AddMembersInput` to `AddMembersResult`. */
export const addMembersUpdate = 'addMembers';

/** Stages that every run has beside those of its graph; `paused` once nothing works for the run any more. */
export const planningStage = 'planning';
export const reportStage: GraphStage = { name: 'report', title: 'report' };
export const pausedStage = 'paused';
export const finishedStage = 'finished';

/** A network that a run trains. */
export interface PlannedMember {
  role: string;
  index: number;
  seed: number;
  key: string;
}

/** What update `addMembers` answers, once the new members are planned. */
export interface AddMembersResult {
  /** Members per role from now on. */
  k: number;
  added: PlannedMember[];
}

/** An artifact that a run wants, and how it goes. */
export interface NodeProgress extends JobProgress {
  /** `encoder 2`, `scores`: unique within the run. */
  id: string;
  kind: string;
  /** To follow over NATS. */
  key: string;
  /** Title of its stage. */
  stage: string;
  unit: 'epoch' | 'image';
  /** Who makes it: "trainer" or "scorer". */
  madeBy: string;
  /** True where it was published before the run wanted it. */
  reused: boolean;
  /**
   * Seconds that all of it takes one worker, by what the like took in runs on the same dataset before; absent where nothing like
   * it was made.
   */
  expectedSeconds?: number;
  member?: { role: string; index: number; seed: number };
  /** Why its last attempt failed, after which it is tried again; absent where none has. */
  trouble?: string;
}

/** Answer of the `progress` query. Figures are at most a minute old; live ones travel over NATS by key. */
export interface RunProgress {
  /** Title of the stage: one of `stages`, or `planning`, `paused`, `finished`. */
  stage: string;
  /** The stage in which a paused run goes on; absent where it is not paused. */
  pausedIn?: string;
  /** Titles of the run's stages in their order, `planning` and `finished` among them. */
  stages: string[];
  /** With the K of now, which `addMembers` may have raised. */
  input: RunSettings | null;
  /** In which ways the method differs from its source; absent before it is planned, and of coordinators that did not tell. */
  deviations?: string[];
  /** Of the packed images that the run reads; absent before it is planned, and of coordinators that did not tell. */
  datasetDigest?: string;
  /** In the order of the graph. */
  nodes: NodeProgress[];
  /** When the workflow last heard of its nodes (ISO 8601); null before the first time. */
  updatedAt: string | null;
}

/** Workflow type that says what a run of the same input would do; it makes nothing. */
export const forecastType = 'foreseeRun';

/** An artifact that a run would want. */
export interface ForecastNode
  extends Pick<
    NodeProgress,
    'id' | 'kind' | 'key' | 'stage' | 'unit' | 'madeBy' | 'total' | 'expectedSeconds'
  > {
  /** True where it is published already. */
  found: boolean;
  /** True where there is a checkpoint to go on from. */
  resumes: boolean;
}

/** What a run would do. */
export interface RunForecast {
  /** With all defaults, and what is left to the coordinator settled. */
  input: RunSettings;
  datasetDigest: string;
  /** In which ways the method differs from its source; absent of coordinators that did not tell. */
  deviations?: string[];
  /** Titles of the run's stages in their order. */
  stages: string[];
  nodes: ForecastNode[];
  /** Workers that are there now. */
  workers: { trainer: number; scorer: number };
}

/** What a run's workflow returns where it is part of an experiment: whole results of hundreds of runs would not fit. */
export interface BriefResult {
  runId: string;
  /** Object key of report.json. */
  report: string;
  /** Nodes that the run made, and all that it wanted, by the kind of artifact. */
  made: { kind: string; key: string }[];
  wanted: { kind: string; key: string }[];
}
