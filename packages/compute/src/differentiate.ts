import { letEscape } from './escapes.ts';
import type { Tensors } from './phase.ts';
import { onlyPhase, type PlannedPhase, type StepPlan } from './step-plan.ts';
import type { Shapes } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

/** A tensor by name. @throws Error where there is none */
export function tensorOf(tensors: Tensors, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`expected a tensor ${name}, got none`);
  return tensor;
}

/** What is wrong with the results of a loss function. */
function assertResults(phase: PlannedPhase, renewed: Tensors, watched: Tensors): void {
  const faults = [
    ...Object.keys(phase.renews)
      .filter((name) => renewed[name] === undefined)
      .map((name) => `buffers: expected ${name}, got none`),
    ...Object.keys(renewed)
      .filter((name) => phase.renews[name] === undefined)
      .map((name) => `buffers: expected those that it renews, got ${name}`),
    ...Object.entries(watched)
      .filter(([, tensor]) => tensor.size !== 1)
      .map(([name, { shape }]) => `watched: expected scalars, got ${name} of ${shape.join('×')}`),
  ];
  if (faults.length === 0) return;
  throw new Error(`loss${phase.name === onlyPhase ? '' : ` of phase ${phase.name}`}: ${faults.join('; ')}`);
}

/**
 * Loss, scalars that are watched (`watch/NAME`), new buffers (`buffer/NAME`) and gradients (`grad/NAME`, weight decay added) of one
 * step of a phase.
 * @param args weights, buffers, frozen tensors and the phase's inputs by name
 */
export function differentiate(plan: StepPlan, phase: PlannedPhase, args: Tensors): Tensors {
  const pick = (shapes: Shapes): Tensors =>
    Object.fromEntries(Object.keys(shapes).map((name) => [name, tensorOf(args, name)]));
  const names = Object.keys(phase.trains);
  const weights = names.map((name) => tensorOf(args, name));
  const escaped = (prefix: string, tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, letEscape(tensor)]),
    );
  let [renewed, watched]: [Tensors, Tensors] = [{}, {}];
  // tfjs's valueAndGrads, which does not say what the loss does not depend on.
  const { value, grads }: { value: Tensor; grads: (Tensor | undefined)[] } = tf.engine().gradients(
    () => {
      const result = phase.loss(
        pick(plan.weights),
        pick(plan.buffers),
        pick(phase.inputs),
        pick(plan.frozen),
      );
      const { loss, buffers = {}, watched: scalars = {} } = result;
      assertResults(phase, buffers, scalars);
      renewed = escaped('buffer', buffers);
      watched = escaped('watch', scalars);
      return loss;
    },
    weights,
    undefined,
    true,
  );
  const alone = names.filter((_, i) => grads[i] === undefined);
  if (alone.length > 0) {
    const where = phase.name === onlyPhase ? 'it trains' : `phase ${phase.name} trains`;
    throw new Error(`loss: expected to depend on all that ${where}, does not on ${alone.join(', ')}`);
  }
  const { weightDecay } = phase.optimiser;
  const gradients = names.map((name, i): [string, Tensor] => {
    const gradient = grads[i] as Tensor;
    const decayed =
      weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(tensorOf(args, name), weightDecay));
    return [`grad/${name}`, decayed];
  });
  return { loss: value, ...renewed, ...watched, ...Object.fromEntries(gradients) };
}
