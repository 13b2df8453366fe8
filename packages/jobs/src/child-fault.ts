/** A fault that the job's process names itself: the specification is wrong, or training diverged. */
export class ChildFault extends Error {
  override name = 'ChildFault';
  readonly kind: 'invalid' | 'diverged';

  constructor(kind: 'invalid' | 'diverged', message: string) {
    super(message);
    this.kind = kind;
  }
}
