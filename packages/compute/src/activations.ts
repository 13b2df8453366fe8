import { backend, type OpAttribute, type Tensor, tf } from './tensorflow.ts';

/**
 * Activations with TensorFlow's fused gradient kernels, twice differentiable. tfjs's own are not: their gradients depend on the
 * output that they saved, and tfjs 4.22 loses its way from there to the input, so that second derivatives lack a term in silence.
 */
interface Activation {
  op: string;
  gradientOp: string;
  attributes?: OpAttribute[];
  /** The gradient kernel's inputs, in its order. */
  gradientInputs: (dy: Tensor, y: Tensor) => Tensor[];
  /** The second derivative by the output; null where it is 0 almost everywhere. */
  curvature: ((y: Tensor) => Tensor) | null;
}

type Save = (tensors: Tensor[]) => void;

function executed(op: string, attributes: OpAttribute[], inputs: Tensor[]): Tensor {
  const { binding } = backend();
  const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  return backend().executeSingleOutput(op, [type, ...attributes], inputs);
}

/** dy times the activation's derivative, differentiable in dy and, by the curvature, in x. */
function timesSlope(activation: Activation, dy: Tensor, x: Tensor, y: Tensor): Tensor {
  const { gradientOp, attributes = [], gradientInputs, curvature } = activation;
  const value = (gradient: Tensor) => executed(gradientOp, attributes, gradientInputs(gradient, y));
  if (curvature === null) {
    return tf.customGrad((gradient) => ({
      value: value(gradient as Tensor),
      gradFunc: (second: Tensor) => timesSlope(activation, second, x, y),
    }))(dy);
  }
  return tf.customGrad((gradient, _at, save) => {
    (save as Save)([gradient as Tensor]);
    return {
      value: value(gradient as Tensor),
      gradFunc: (second: Tensor, saved: Tensor[]) => [
        timesSlope(activation, second, x, y),
        tf.mul(tf.mul(second, saved[0] as Tensor), curvature(y)),
      ],
    };
  })(dy, x);
}

function activated(activation: Activation, x: Tensor): Tensor {
  return tf.customGrad((input, save) => {
    const y = executed(activation.op, activation.attributes ?? [], [input as Tensor]);
    (save as Save)([input as Tensor, y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        timesSlope(activation, dy, saved[0] as Tensor, saved[1] as Tensor),
    };
  })(x);
}

/** x where it is above 0, else slope·x. @param slope above 0 */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  const { TF_ATTR_FLOAT: type } = backend().binding;
  return activated(
    {
      op: 'LeakyRelu',
      gradientOp: 'LeakyReluGrad',
      attributes: [{ name: 'alpha', type, value: slope }],
      // The output has the input's sign.
      gradientInputs: (dy, y) => [dy, y],
      curvature: null,
    },
    x,
  );
}

/** x where it is above 0, else eˣ − 1. */
export function elu(x: Tensor): Tensor {
  const activation: Activation = {
    op: 'Elu',
    gradientOp: 'EluGrad',
    gradientInputs: (dy, y) => [dy, y],
    // eˣ = y + 1 below 0.
    curvature: (y) => tf.mul(tf.add(y, 1), tf.cast(tf.less(y, 0), 'float32')),
  };
  return activated(activation, x);
}

/** 1/(1 + e⁻ˣ). */
export function sigmoid(x: Tensor): Tensor {
  const activation: Activation = {
    op: 'Sigmoid',
    gradientOp: 'SigmoidGrad',
    gradientInputs: (dy, y) => [y, dy],
    curvature: (y) => tf.mul(tf.mul(y, tf.sub(1, y)), tf.sub(1, tf.mul(y, 2))),
  };
  return activated(activation, x);
}

export function tanh(x: Tensor): Tensor {
  const activation: Activation = {
    op: 'Tanh',
    gradientOp: 'TanhGrad',
    gradientInputs: (dy, y) => [y, dy],
    curvature: (y) => tf.mul(tf.mul(y, -2), tf.sub(1, tf.square(y))),
  };
  return activated(activation, x);
}
