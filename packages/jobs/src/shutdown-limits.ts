/** How long a service that holds jobs may take to end, in ms. */
export const shutdownLimits = {
  /** A checkpoint written and stored. */
  jobsMs: 24_000,
  /** That and a margin; Kubernetes' grace period has to be longer. */
  allMs: 28_000,
} as const;
