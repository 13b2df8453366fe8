import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';

/**
 * Makes an artifact of one kind, in a process of its own: the only code that may load TensorFlow.
 * @returns the files, or null where it was told to stop
 * @throws ChildFault `invalid` where the images are not those of the specification; `diverged` where a training went wrong
 */
export type Maker<Spec extends object = object> = (
  task: MakeTask<Spec>,
  context: ChildContext,
) => Promise<ChildResult | null>;

/** A method's makers, by kind. */
export type Makers = Readonly<Record<string, Maker<never>>>;
