import { type LearningRate, rateAt } from '../learning-rate.ts';
import { type Tensor, tf } from '../tensorflow.ts';
import { numberOf, type Optimiser } from './optimiser.ts';

/** Stochastic gradient descent as PyTorch has it; momentum without dampening, not Nesterov's. */
export interface SgdSettings {
  kind: 'sgd';
  learningRate: number | LearningRate;
  /** 0 for none. */
  momentum: number;
  /** L2, added to the gradient. */
  weightDecay: number;
}

/** Settings with PyTorch's defaults. */
export function sgd(
  settings: Pick<SgdSettings, 'learningRate'> & Partial<Omit<SgdSettings, 'kind'>>,
): SgdSettings {
  return { momentum: 0, weightDecay: 0, ...settings, kind: 'sgd' };
}

/** b ← momentum·b + g, w ← w − rate·b; the rate is the present step's for all of b. */
export function sgdOptimiser({ learningRate, momentum, weightDecay }: SgdSettings): Optimiser {
  const moves = momentum !== 0;
  return {
    name: 'sgd',
    weightDecay,
    slots: moves ? ['sgd.momentum'] : [],
    scalarNames: ['learningRate'],
    scalars: (step) => ({ learningRate: rateAt(learningRate, step - 1) }),
    constants: moves ? { momentum } : {},
    update({ value, gradient, slots }, scalars) {
      const next: Tensor = slots[0] === undefined ? gradient : tf.add(tf.mul(slots[0], momentum), gradient);
      return {
        value: tf.sub(value, tf.mul(next, numberOf(scalars, 'learningRate'))),
        slots: moves ? [next] : [],
      };
    },
    addUpdate({ graph, node, variable, slots, gradient, scalar, constant, after }) {
      const handles = [variable, ...slots].map((name) => `var/${name}`);
      const rate = scalar('learningRate');
      return graph.add({
        name: node,
        op: moves ? 'ResourceApplyMomentum' : 'ResourceApplyGradientDescent',
        inputs: [
          ...handles,
          rate,
          gradient,
          ...(moves ? [constant('momentum')] : []),
          ...after.map((one) => `^${one}`),
        ],
        attributes: [graph.typeAttribute('T')],
      });
    },
  };
}
