import { type LearningRate, rateAt } from '../learning-rate.ts';
import { tf } from '../tensorflow.ts';
import { numberOf, type Optimiser } from './optimiser.ts';

/** RMSProp as PyTorch has it, without momentum and not centred. */
export interface RmspropSettings {
  kind: 'rmsprop';
  learningRate: number | LearningRate;
  /** Share of the old mean square. */
  alpha: number;
  /** Added to the root. */
  epsilon: number;
  /** L2, added to the gradient. */
  weightDecay: number;
}

/** Settings with PyTorch's defaults. */
export function rmsprop(
  settings: Pick<RmspropSettings, 'learningRate'> & Partial<Omit<RmspropSettings, 'kind'>>,
): RmspropSettings {
  return { alpha: 0.99, epsilon: 1e-8, weightDecay: 0, ...settings, kind: 'rmsprop' };
}

/**
 * s ← alpha·s + (1 − alpha)·g², w ← w − rate·g/(√s + ε). TensorFlow's own kernel has ε inside of the root, which is another
 * optimiser where gradients are small: hence plain ops.
 */
export function rmspropOptimiser({ learningRate, alpha, epsilon, weightDecay }: RmspropSettings): Optimiser {
  return {
    name: 'rmsprop',
    weightDecay,
    slots: ['rmsprop.square'],
    scalarNames: ['learningRate'],
    scalars: (step) => ({ learningRate: rateAt(learningRate, step - 1) }),
    constants: { alpha, rest: 1 - alpha, epsilon },
    update({ value, gradient, slots }, scalars) {
      const [square] = slots;
      if (square === undefined) throw new Error('rmsprop: expected its mean squares, got none');
      const next = tf.add(tf.mul(square, alpha), tf.mul(tf.square(gradient), 1 - alpha));
      const change = tf.div(
        tf.mul(gradient, numberOf(scalars, 'learningRate')),
        tf.add(tf.sqrt(next), epsilon),
      );
      return { value: tf.sub(value, change), slots: [next] };
    },
    addUpdate({ graph, node, variable, slots, gradient, scalar, constant, after }) {
      const [square] = slots;
      if (square === undefined) throw new Error('rmsprop: expected its mean squares, got none');
      const op = (suffix: string, name: string, ...inputs: string[]) =>
        graph.add({
          name: `${node}/${suffix}`,
          op: name,
          inputs,
          attributes: [graph.typeAttribute('T')],
        });
      const old = graph.read(`${node}/old`, square, [...after]);
      const next = op(
        'next',
        'AddV2',
        op('kept', 'Mul', old, constant('alpha')),
        op('added', 'Mul', op('square', 'Square', gradient), constant('rest')),
      );
      const root = op('divisor', 'AddV2', op('root', 'Sqrt', next), constant('epsilon'));
      const change = op('change', 'RealDiv', op('step', 'Mul', gradient, scalar('learningRate')), root);
      const renewed = graph.assign(`${node}/renewed`, square, next, []);
      return graph.add({
        name: node,
        op: 'AssignSubVariableOp',
        inputs: [`var/${variable}`, change, ...[...after, renewed].map((one) => `^${one}`)],
        attributes: [graph.typeAttribute('dtype')],
      });
    },
  };
}
