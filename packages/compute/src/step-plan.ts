import { type Optimiser, optimiserOf } from './optimisers/index.ts';
import type { LossFunction, Phase, PhasedStepDefinition, StepOptions } from './phase.ts';
import type { Shapes } from './tensor-data.ts';

/** The only phase of a step that has one, without a name: its tensors and nodes carry none either. */
export const onlyPhase = '';

/** A phase with all that follows from its definition. */
export interface PlannedPhase {
  name: string;
  trains: Shapes;
  renews: Shapes;
  inputs: Shapes;
  loss: LossFunction;
  optimiser: Optimiser;
  /** Names of the optimiser's tensors of a trained one, in the order of its slots. */
  slotsOf(trained: string): string[];
  /** All of the optimiser's tensors. */
  slots: Shapes;
}

/** A checked definition. */
export interface StepPlan {
  weights: Shapes;
  buffers: Shapes;
  frozen: Shapes;
  phases: ReadonlyMap<string, PlannedPhase>;
  precision: 'float32' | 'bfloat16';
  stepsACall: number;
  mode: 'graph' | 'eager';
}

function planPhase(name: string, phase: Phase, weights: Shapes, buffers: Shapes): PlannedPhase {
  const pick = (names: readonly string[], shapes: Shapes): Shapes =>
    Object.fromEntries(names.flatMap((one) => (shapes[one] === undefined ? [] : [[one, shapes[one]]])));
  const optimiser = optimiserOf(phase.optimiser);
  const place = name === onlyPhase ? '' : `${name}/`;
  const slotsOf = (trained: string) => optimiser.slots.map((slot) => `${place}${slot}.${trained}`);
  const trains = pick(phase.trains, weights);
  return {
    name,
    trains,
    renews: pick(phase.renews ?? [], buffers),
    inputs: phase.inputs,
    loss: phase.loss,
    optimiser,
    slotsOf,
    slots: Object.fromEntries(
      Object.entries(trains).flatMap(([trained, shape]) => slotsOf(trained).map((slot) => [slot, shape])),
    ),
  };
}

/** Names that are wrong in a phase. */
function phaseFaults(name: string, phase: Phase, definition: PhasedStepDefinition): string[] {
  const { weights, buffers = {}, frozen = {} } = definition;
  const where = name === onlyPhase ? '' : `phase ${name}: `;
  const among = (field: string, names: readonly string[], shapes: Shapes, what: string) =>
    names.flatMap((one, i) => {
      if (!Object.hasOwn(shapes, one)) return [`${where}${field}: expected names of ${what}, got ${one}`];
      return names.indexOf(one) === i ? [] : [`${where}${field}: ${one} is there twice`];
    });
  return [
    ...(name === onlyPhase || /^[a-zA-Z][a-zA-Z0-9-]*$/.test(name)
      ? []
      : [`phases: expected names of letters, digits and hyphens, got ${JSON.stringify(name)}`]),
    ...(phase.trains.length === 0 ? [`${where}trains: expected at least one weight, got none`] : []),
    ...among('trains', phase.trains, weights, 'weights'),
    ...among('renews', phase.renews ?? [], buffers, 'buffers'),
    ...Object.keys(phase.inputs).flatMap((input) =>
      [weights, buffers, frozen].some((shapes) => Object.hasOwn(shapes, input))
        ? [`${where}inputs: ${input} is the name of a weight, buffer or frozen tensor`]
        : [],
    ),
  ];
}

function optionFaults({ mode, precision, stepsACall = 1 }: StepOptions): string[] {
  return [
    ...(mode === 'eager' && precision === 'bfloat16'
      ? ['mode: expected graph with precision bfloat16, got eager']
      : []),
    ...(Number.isInteger(stepsACall) && stepsACall >= 1
      ? []
      : [`stepsACall: expected a whole number from 1 on, got ${stepsACall}`]),
  ];
}

/** @throws RangeError that lists every fault of the definition */
export function planStep(definition: PhasedStepDefinition): StepPlan {
  const { weights, buffers = {}, frozen = {}, precision = 'float32', stepsACall = 1, mode } = definition;
  const phases = Object.entries(definition.phases);
  const trained = new Set(phases.flatMap(([, { trains }]) => trains));
  const names = [weights, buffers, frozen].flatMap(Object.keys);
  const faults = [
    ...optionFaults(definition),
    ...(phases.length === 0 ? ['phases: expected at least one, got none'] : []),
    ...names.flatMap((name, i) =>
      names.indexOf(name) === i ? [] : [`${name}: the name of two of weights, buffers and frozen`],
    ),
    ...phases.flatMap(([name, phase]) => phaseFaults(name, phase, definition)),
    ...Object.keys(weights).flatMap((name) =>
      trained.has(name) ? [] : [`weights: no phase trains ${name}; what never changes is frozen`],
    ),
  ];
  if (faults.length > 0) throw new RangeError(faults.join('; '));
  return {
    weights,
    buffers,
    frozen,
    phases: new Map(phases.map(([name, phase]) => [name, planPhase(name, phase, weights, buffers)])),
    precision,
    stepsACall,
    mode,
  };
}
