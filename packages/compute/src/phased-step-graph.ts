import { productsInBfloat16 } from './bfloat16.ts';
import { differentiate } from './differentiate.ts';
import { type Feed, GraphBuilder } from './graph-session.ts';
import { numberOf } from './optimisers/optimiser.ts';
import { phaseOf, type StepFigures, type Variables, watchedOf } from './phased-variables.ts';
import { type Recording, recordTwice } from './recording.ts';
import { onlyPhase, type PlannedPhase, type StepPlan } from './step-plan.ts';

/** Records a phase with two sets of arbitrary values, so that nothing that depends on them gets frozen into the graph. */
function recordPhase(plan: StepPlan, phase: PlannedPhase): Recording {
  const { weights, buffers, frozen } = plan;
  const recorded = recordTwice({ ...weights, ...buffers, ...frozen, ...phase.inputs }, (args) =>
    differentiate(plan, phase, args),
  );
  return plan.precision === 'bfloat16' ? productsInBfloat16(recorded, Object.keys(weights)) : recorded;
}

/** Prefix of a phase's nodes; those of a step with one phase only have none. */
const home = ({ name }: PlannedPhase) => (name === onlyPhase ? '' : `phase/${name}/`);
/** Prefix of the nodes of a copy of a phase's step; the first copy's have none but the phase's. */
const place = (phase: PlannedPhase, copy: number) => home(phase) + (copy === 0 ? '' : `${copy}/`);

/** A recorded phase on its way into a graph, as often as one call may do its step. */
interface PhaseCopies {
  graph: GraphBuilder;
  phase: PlannedPhase;
  recording: Recording;
  constants: readonly string[];
}

/**
 * Adds what a copy of the step is given, each behind all of the copy before it: its values are read anew, and what its
 * inputs alone decide (a batch taken from frozen images) is not made, and kept, before its time.
 * @returns the node that stands for an argument of the recording
 */
function addArguments({ graph, phase }: PhaseCopies, copy: number): (name: string) => string {
  const { inputs, optimiser } = phase;
  const [here, before] = [place(phase, copy), place(phase, copy - 1)];
  for (const [name, shape] of Object.entries(inputs)) graph.placeholder(`${here}input/${name}`, shape);
  for (const name of optimiser.scalarNames) graph.placeholder(`${here}${optimiser.name}/${name}`, []);
  if (copy === 0) return (name) => (name in inputs ? `${here}input/${name}` : `read/${name}`);
  const own = new Set(Object.keys({ ...phase.trains, ...phase.renews }));
  for (const name of own) graph.read(`${here}read/${name}`, name, [`${before}update/${name}`]);
  for (const name of Object.keys(inputs)) {
    graph.add({
      name: `${here}given/${name}`,
      op: 'Identity',
      inputs: [`${here}input/${name}`, `^${before}loss`],
      attributes: [graph.typeAttribute('T')],
    });
  }
  // What the phase leaves as it is is read once for all copies.
  return (name) => {
    if (name in inputs) return `${here}given/${name}`;
    return own.has(name) ? `${here}read/${name}` : `read/${name}`;
  };
}

/** Adds a copy of the step: `loss` is its result, and has all of its updates done. */
function addStep(copies: PhaseCopies, copy: number): void {
  const { graph, phase, recording, constants } = copies;
  const here = place(phase, copy);
  const argument = addArguments(copies, copy);
  const { results, readers } = graph.addRecording(`${here}step`, recording, constants, argument);
  const result = (name: string): string => {
    const node = results.get(name);
    if (node === undefined) throw new Error(`the step gives no ${name}`);
    return node;
  };
  const identity = (name: string, ...inputs: string[]) =>
    graph.add({ name, op: 'Identity', inputs, attributes: [graph.typeAttribute('T')] });
  const watches = watchedOf([...results.keys()]).map((name) =>
    identity(`${here}watch/${name}`, result(`watch/${name}`)),
  );
  // Whoever reads the old value must have finished: the update works in place, and copies the variable otherwise.
  const afterReading = (name: string) => [argument(name), ...(readers.get(name) ?? []), ...watches];
  const { optimiser } = phase;
  const updates: string[] = [];
  for (const name of Object.keys(phase.trains)) {
    const gradient = result(`grad/${name}`);
    updates.push(
      optimiser.addUpdate({
        graph,
        node: `${here}update/${name}`,
        variable: name,
        slots: phase.slotsOf(name),
        gradient,
        scalar: (scalar) => `${here}${optimiser.name}/${scalar}`,
        constant: (constant) => `${home(phase)}${optimiser.name}/${constant}`,
        after: afterReading(name),
      }),
    );
    // Gradients alone are asked for of one step.
    if (copy === 0) identity(`${here}gradient/${name}`, gradient);
  }
  for (const name of Object.keys(phase.renews))
    updates.push(graph.assign(`${here}update/${name}`, name, result(`buffer/${name}`), afterReading(name)));
  identity(`${here}loss`, result('loss'), ...updates.map((node) => `^${node}`));
}

/**
 * The steps of one call of a phase in a row: whoever asks for the first n losses has n steps done, and the others left out.
 * @returns names of the scalars that are watched
 */
function addPhase(graph: GraphBuilder, plan: StepPlan, phase: PlannedPhase): string[] {
  const recording = recordPhase(plan, phase);
  for (const [name, shape] of Object.entries(phase.slots)) graph.variable(name, shape);
  const { optimiser } = phase;
  for (const [name, value] of Object.entries(optimiser.constants)) {
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    const node = `${home(phase)}${optimiser.name}/${name}`;
    graph.add({ name: node, op: 'Const', inputs: [], value: { dtype: 1, shape: [], bytes } });
  }
  const constants = graph.addConstants(`${home(phase)}step`, recording);
  for (let copy = 0; copy < plan.stepsACall; copy++) addStep({ graph, phase, recording, constants }, copy);
  return watchedOf(recording.results.map(({ name }) => name));
}

/** A step's variables in a TensorFlow session, where a call does up to `stepsACall` steps of one phase. */
export function graphVariables(plan: StepPlan): Variables {
  const graph = new GraphBuilder();
  for (const [name, shape] of Object.entries({ ...plan.weights, ...plan.buffers, ...plan.frozen }))
    graph.variable(name, shape);
  const watched = new Map([...plan.phases].map(([name, phase]) => [name, addPhase(graph, plan, phase)]));
  const session = graph.load();
  const feedsOf = (phase: PlannedPhase, inputs: Record<string, Float32Array>, copy: number): Feed[] =>
    Object.entries(phase.inputs).map(([name, shape]) => ({
      node: `${place(phase, copy)}input/${name}`,
      shape,
      values: inputs[name] ?? new Float32Array(),
    }));
  return {
    run(name, batches, first) {
      const phase = phaseOf(plan, name);
      const { optimiser } = phase;
      const feeds = batches.flatMap((inputs, copy) => {
        const scalars = optimiser.scalars(first + copy);
        const ofOptimiser = optimiser.scalarNames.map((scalar) => ({
          node: `${place(phase, copy)}${optimiser.name}/${scalar}`,
          shape: [],
          values: Float32Array.of(numberOf(scalars, scalar)),
        }));
        return [...feedsOf(phase, inputs, copy), ...ofOptimiser];
      });
      const figures = ['loss', ...(watched.get(name) ?? []).map((scalar) => `watch/${scalar}`)];
      const nodes = batches.flatMap((_, copy) => figures.map((figure) => `${place(phase, copy)}${figure}`));
      const values = session.run(feeds, nodes).map(([value]) => value ?? Number.NaN);
      return batches.map((_, copy): StepFigures => {
        const [loss = Number.NaN, ...others] = values.slice(
          copy * figures.length,
          (copy + 1) * figures.length,
        );
        const names = watched.get(name) ?? [];
        return {
          loss,
          watched: Object.fromEntries(names.map((scalar, i) => [scalar, others[i] ?? Number.NaN])),
        };
      });
    },
    gradients(name, inputs) {
      const phase = phaseOf(plan, name);
      const trained = Object.entries(phase.trains);
      const values = session.run(
        feedsOf(phase, inputs, 0),
        trained.map(([one]) => `${home(phase)}gradient/${one}`),
      );
      return new Map(
        trained.map(([one, shape], i) => [one, { shape, data: (values[i] ?? new Float32Array()).slice() }]),
      );
    },
    read: (names) => session.readVariables(names),
    write: (values) => session.writeVariables(values),
    dispose: () => session.dispose(),
  };
}
