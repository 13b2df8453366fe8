import { differentiate, tensorOf } from './differentiate.ts';
import { withEscapes } from './escapes.ts';
import type { Tensors } from './phase.ts';
import { phaseOf, type StepFigures, type Variables, watchedOf } from './phased-variables.ts';
import type { PlannedPhase, StepPlan } from './step-plan.ts';
import type { Shapes, TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

/** The only value of a scalar. */
const scalarOf = (tensor: Tensor): number => tensor.dataSync<'float32'>()[0] ?? Number.NaN;

/** A step's variables as plain tensors; every op of a step is a call from JavaScript. */
export function eagerVariables(plan: StepPlan): Variables {
  const own: Shapes = { ...plan.weights, ...plan.buffers, ...plan.frozen };
  const shapes: Shapes = Object.assign({ ...own }, ...[...plan.phases.values()].map(({ slots }) => slots));
  const shapeOf = (name: string) => shapes[name] ?? [];
  const state = new Map<string, Tensor>();
  const set = (name: string, tensor: Tensor) => {
    state.get(name)?.dispose();
    state.set(name, tf.keep(tensor));
  };
  const get = (name: string): Tensor => {
    const tensor = state.get(name);
    if (tensor === undefined) throw new Error(`${name} has no value yet`);
    return tensor;
  };
  const inScope = (
    phase: PlannedPhase,
    inputs: Record<string, Float32Array>,
    use: (results: Tensors) => void,
  ) =>
    withEscapes(() => {
      tf.tidy(() => {
        const args: Tensors = {};
        for (const name of Object.keys(own)) args[name] = get(name);
        for (const [name, shape] of Object.entries(phase.inputs))
          args[name] = tf.tensor(inputs[name] ?? [], shape);
        use(differentiate(plan, phase, args));
      });
    });
  const runOne = (phase: PlannedPhase, inputs: Record<string, Float32Array>, step: number): StepFigures => {
    let figures: StepFigures = { loss: Number.NaN, watched: {} };
    const { optimiser } = phase;
    const scalars = optimiser.scalars(step);
    inScope(phase, inputs, (results) => {
      const watched = watchedOf(Object.keys(results)).map((name): [string, number] => [
        name,
        scalarOf(tensorOf(results, `watch/${name}`)),
      ]);
      figures = { loss: scalarOf(tensorOf(results, 'loss')), watched: Object.fromEntries(watched) };
      for (const name of Object.keys(phase.trains)) {
        const slots = phase.slotsOf(name);
        const gradient = tensorOf(results, `grad/${name}`);
        const next = optimiser.update({ value: get(name), gradient, slots: slots.map(get) }, scalars);
        set(name, next.value);
        // A momentum may be the gradient itself, which ends with the scope.
        next.slots.forEach((tensor, i) => {
          set(slots[i] as string, tensor === gradient ? tf.clone(tensor) : tensor);
        });
      }
      // Cloned, as the escaped tensor itself ends with the scope.
      for (const name of Object.keys(phase.renews)) set(name, tf.clone(tensorOf(results, `buffer/${name}`)));
    });
    return figures;
  };
  return {
    run: (name, batches, first) => batches.map((inputs, i) => runOne(phaseOf(plan, name), inputs, first + i)),
    gradients(name, inputs) {
      const phase = phaseOf(plan, name);
      const found = new Map<string, TensorData>();
      inScope(phase, inputs, (results) => {
        for (const [trained, shape] of Object.entries(phase.trains)) {
          const data = tensorOf(results, `grad/${trained}`).dataSync<'float32'>().slice();
          found.set(trained, { shape, data });
        }
      });
      return found;
    },
    read: (names) =>
      new Map(
        names.map((name) => [name, { shape: shapeOf(name), data: get(name).dataSync<'float32'>().slice() }]),
      ),
    write(values) {
      for (const [name, data] of values) set(name, tf.tensor(data.slice(), shapeOf(name)));
    },
    dispose() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
    },
  };
}
