import type { MakeTask } from '@ddad/jobs';
import { runChild } from '@ddad/jobs/child';
import { loadMethods } from './index.ts';
import type { Maker, Makers } from './maker.ts';

runChild<MakeTask>(async (task, context) => {
  const make = await makerOf(task);
  return make(task, context);
});

/** @throws where the task's methods have no maker of its kind: a defect of the method that brings the kind */
async function makerOf({ kind, methods }: MakeTask): Promise<Maker> {
  const entry = (await loadMethods(methods)).entryOfKind(kind);
  // Without a method of its own a kind is one that every run has.
  const makers: Makers =
    entry === null ? (await import('@ddad/evaluation/makers')).makers : await entry.makers();
  const make = makers[kind];
  if (make === undefined) {
    const known = Object.keys(makers).join(', ');
    throw new RangeError(`kind ${kind}: expected a maker among those of its method, ${known}, got none`);
  }
  return make as unknown as Maker;
}
