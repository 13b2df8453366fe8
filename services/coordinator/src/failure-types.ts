/** Types of the failures that a run shows, as Temporal's retry policies know them. No imports: workflows read it. */
export const failureTypes = {
  /** The run's input is at fault; details hold every fault. */
  invalidInput: 'InvalidInput',
  /** A trainer or the scorer refused a specification. */
  invalidJob: 'InvalidJob',
  /** Training gave losses that are not finite. */
  diverged: 'Diverged',
  /** A published artifact is not what it should be. */
  invalidArtifact: 'InvalidArtifact',
  /** Objects that a published artifact names are missing or hold other bytes; details list them. */
  damagedArtifact: 'DamagedArtifact',
  /** The object store refuses what is asked of it: credentials, rights or the bucket are wrong. */
  storeRefused: 'StoreRefused',
  /** A member's attempts failed again and again without getting further. */
  noProgress: 'NoProgress',
  /** A member failed for good; the message names it. */
  memberFailed: 'MemberFailed',
  /** A stage after training failed for good. */
  stageFailed: 'StageFailed',
  /** The workflow's own code is at fault. */
  workflowDefect: 'WorkflowDefect',
} as const;

/** What no other attempt can mend. */
export const nonRetryableTypes: string[] = [
  failureTypes.invalidInput,
  failureTypes.invalidJob,
  failureTypes.diverged,
  failureTypes.invalidArtifact,
  failureTypes.damagedArtifact,
  failureTypes.noProgress,
];
