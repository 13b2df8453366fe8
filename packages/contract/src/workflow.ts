import type { JobProgress } from './progress.ts';
import type { ResolvedRunInput } from './run-input.ts';
import type { RefinerInput, Role } from './specs.ts';

/** Workflow type and task queue that users start; `ddad-train` is the coordinator's own, for waiting members. */
export const workflowType = 'trainEnsemble';
export const taskQueue = 'ddad';
export const trainTaskQueue = 'ddad-train';

/** Signals without an argument: the run stops after checkpoints and holds no trainer; it goes on from them. */
export const pauseSignal = 'pause';
export const resumeSignal = 'resume';
/** Update that raises K of a run that still trains: `AddMembersInput` to `AddMembersResult`. */
export const addMembersUpdate = 'addMembers';

/** `paused` once nothing works for the run any more. */
export type Stage = 'planning' | 'training' | 'maps' | 'refining' | 'report' | 'paused' | 'finished';

/** A member as the plan and the `progress` query name it. */
export interface PlannedMember {
  role: Role;
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

/** Answer of the `progress` query. Members' figures are at most a minute old; live ones travel over NATS by key. */
export interface RunProgress {
  stage: Stage;
  /** The stage in which a paused run goes on; absent where it is not paused. */
  pausedIn?: Exclude<Stage, 'paused'>;
  /** With the K of now, which `addMembers` may have raised. */
  input: ResolvedRunInput | null;
  members: (PlannedMember & JobProgress)[];
  /** Keys to follow over NATS once their stage has begun. */
  maps: string | null;
  /** Absent in answers from before there were curves. */
  kCurve?: string | null;
  refiners: { input: RefinerInput; key: string }[];
  /** When the workflow last heard of the members (ISO 8601); null before the first time. */
  updatedAt: string | null;
}
