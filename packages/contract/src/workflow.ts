import type { JobProgress } from './progress.ts';
import type { ResolvedRunInput } from './run-input.ts';
import type { RefinerInput, Role } from './specs.ts';

/** Workflow type and task queue that users start; `ddad-train` is the coordinator's own, for waiting members. */
export const workflowType = 'trainEnsemble';
export const taskQueue = 'ddad';
export const trainTaskQueue = 'ddad-train';

export type Stage = 'planning' | 'training' | 'maps' | 'refining' | 'report' | 'finished';

/** A member as the plan and the `progress` query name it. */
export interface PlannedMember {
  role: Role;
  index: number;
  seed: number;
  key: string;
}

/** Answer of the `progress` query. Members' figures are at most a minute old; live ones travel over NATS by key. */
export interface RunProgress {
  stage: Stage;
  input: ResolvedRunInput | null;
  members: (PlannedMember & JobProgress)[];
  /** Keys to follow over NATS once their stage has begun. */
  maps: string | null;
  refiners: { input: RefinerInput; key: string }[];
  /** When the workflow last heard of the members (ISO 8601); null before the first time. */
  updatedAt: string | null;
}
