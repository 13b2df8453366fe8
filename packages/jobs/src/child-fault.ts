/**
 * A fault that the job's process names itself: the specification is wrong, training diverged, or the checkpoint that it was given
 * is not one of this training.
 */
export class ChildFault extends Error {
  override name = 'ChildFault';
  readonly kind: 'invalid' | 'diverged' | 'checkpoint';

  constructor(kind: ChildFault['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
