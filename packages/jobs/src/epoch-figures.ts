import { ChildFault } from './child.ts';

/** What a step tells, of before its update. */
export interface StepFigures {
  loss: number;
  /** Further scalars by name. */
  watched: Record<string, number>;
}

/** Means over the steps of an epoch: a phase's loss under `PHASE`, its watched scalars under `PHASE.NAME`. */
export type EpochFigures = Record<string, number>;

/** Sum of a figure over so many steps, as a checkpoint keeps it in the middle of an epoch. */
export type Sums = Record<string, [sum: number, steps: number]>;

/** Adds up the figures of an epoch's steps. */
export class EpochSums {
  #sums: Map<string, [number, number]>;

  constructor(sums: Sums = {}) {
    this.#sums = new Map(Object.entries(sums).map(([name, [sum, steps]]) => [name, [sum, steps]]));
  }

  /**
   * @param where names the step, for people
   * @throws ChildFault `diverged` that names every figure that is not finite: of a loss that has a gradient penalty in it, it is the
   * penalty that says why
   */
  add(phase: string, { loss, watched }: StepFigures, where: string): void {
    const named: [key: string, value: number, what: string][] = [
      [phase, loss, phase === '' ? 'the loss' : `the loss of phase ${phase}`],
      ...Object.entries(watched).map(([name, value]): [string, number, string] => [
        `${phase}.${name}`,
        value,
        `${name} of phase ${phase}`,
      ]),
    ];
    const wrong = named.flatMap(([, value, what]) =>
      Number.isFinite(value) ? [] : [`${what} became ${value}`],
    );
    if (wrong.length > 0) throw new ChildFault('diverged', `${wrong.join(', ')} in ${where}`);
    for (const [key, value] of named) {
      const [sum, steps] = this.#sums.get(key) ?? [0, 0];
      this.#sums.set(key, [sum + value, steps + 1]);
    }
  }

  toJSON(): Sums {
    return Object.fromEntries(this.#sums);
  }

  /** Means of the epoch that ends; begins the next. */
  end(): EpochFigures {
    const means = Object.fromEntries([...this.#sums].map(([name, [sum, steps]]) => [name, sum / steps]));
    this.#sums = new Map();
    return means;
  }
}
