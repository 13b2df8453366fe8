import type { ChildContext } from '@ddad/jobs/child';

/** What a job's child sees whose parent lets it run to its end and looks at nothing. */
export const undisturbed: ChildContext = {
  ready: () => {},
  progress: () => {},
  afterStep: async () => 'go on',
  checkpoint: () => {},
};

/** What the child of a job sees that takes long: after every step a checkpoint is due. */
export const longRunning: ChildContext = { ...undisturbed, afterStep: async () => 'checkpoint' };
