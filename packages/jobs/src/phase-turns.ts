/** Which phase a step belongs to, by the step's number 0, 1, ... alone: so a resumed training goes on where it was. */
export type Turns<Name extends string> = (step: number) => Name;

/** Steps of a phase in a row. */
type Turn<Name extends string> = readonly [phase: Name, steps: number];

/** @throws RangeError on a number of steps that is no whole number from 1 on, and on none at all */
function assertLengths(lengths: readonly number[]): void {
  if (lengths.length === 0 || lengths.some((steps) => !(Number.isInteger(steps) && steps >= 1)))
    throw new RangeError(
      `turns: expected whole numbers of steps from 1 on, got ${lengths.join(', ') || 'none'}`,
    );
}

/** Phases that take turns for ever: `cycle(['critic', 5], ['generator', 1])`. */
export function cycle<Name extends string>(...turns: readonly Turn<Name>[]): Turns<Name> {
  assertLengths(turns.map(([, steps]) => steps));
  const order = turns.flatMap(([phase, steps]) => Array.from({ length: steps }, () => phase));
  return (step) => order[step % order.length] as Name;
}

/**
 * One training behind the other, each for so many steps, the last for ever: `inSequence([18_000, cycle(...)], [50_000,
 * cycle(['encoder', 1])])`. Each counts its steps from 0.
 */
export function inSequence<Name extends string>(
  ...parts: readonly (readonly [steps: number, turns: Turns<Name>])[]
): Turns<Name> {
  assertLengths(parts.map(([steps]) => steps));
  return (step) => {
    let begin = 0;
    for (const [i, [steps, turns]] of parts.entries()) {
      if (step < begin + steps || i === parts.length - 1) return turns(step - begin);
      begin += steps;
    }
    throw new RangeError(`step: expected a number from 0 on, got ${step}`);
  };
}
