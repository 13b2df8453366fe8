import type { Tensor } from '@ddad/compute';
import {
  activation,
  batchNorm,
  chain,
  conv2d,
  type Initial,
  type Layer,
  linear,
  type ParameterSpec,
  type Pass,
  preActivationBlock,
} from '@ddad/models';
import { blocks, codeMaps, codeSize } from './architecture.ts';

/**
 * First weights as the source's layers (tflib) have them: uniform, of variance 4/(fan-in + fan-out) in convolutions behind a ReLU (He) and
 * 2/(fan-in + fan-out) elsewhere (Glorot); biases 0.
 */
function begun(layer: Layer): Layer {
  const parameters = layer.parameters.map((parameter): ParameterSpec => {
    const { name, kind, pytorchShape } = parameter;
    if (kind === 'buffer') return parameter;
    if (pytorchShape.length === 1)
      return name.endsWith('.bias') ? { ...parameter, initial: { kind: 'constant', value: 0 } } : parameter;
    const [outputs = 1, inputs = 1, ...kernel] = pytorchShape;
    const fans = (outputs + inputs) * kernel.reduce((area, side) => area * side, 1);
    // A uniform distribution in ±1/√f has a variance of 1/(3·f).
    const uniform = (variance: number): Initial => ({ kind: 'uniform', fanIn: 1 / (3 * variance) });
    const behindRelu = /(conv1|conv2|generator\.output)\.weight$/.test(name);
    return { ...parameter, initial: uniform((behindRelu ? 4 : 2) / fans) };
  });
  return { parameters, apply: (x, pass) => layer.apply(x, pass) };
}

/** Codes [N,128] to images [N,64,64,1] in (-1,1). */
export function generator(width: number): Layer {
  const maps = codeMaps(width);
  return begun(
    chain(
      linear('generator.input', codeSize, maps.size, { to: maps }),
      ...blocks.up.map(({ name, inputs, outputs }) =>
        preActivationBlock(name, inputs * width, outputs * width, { resample: 'up', norm: 'batch' }),
      ),
      batchNorm('generator.norm', width),
      activation('relu'),
      conv2d('generator.output', width, 1, { kernel: 3, padding: 1 }),
      activation('tanh'),
    ),
  );
}

/** Images [N,64,64,1] to maps [N,4,4,8·width]: what critic and encoder have in common. */
function trunk(prefix: 'critic' | 'encoder', norm: 'layer' | 'batch', width: number): Layer {
  return chain(
    conv2d(`${prefix}.input`, 1, width, { kernel: 3, padding: 1 }),
    ...blocks.down.map(({ name, inputs, outputs }) =>
      preActivationBlock(`${prefix}.${name}`, inputs * width, outputs * width, { resample: 'down', norm }),
    ),
  );
}

export interface Critic {
  parameters: readonly ParameterSpec[];
  /** Images [N,64,64,1] to maps [N,4,4,8·width]. Twice differentiable. */
  features(images: Tensor, pass: Pass): Tensor;
  /** Images to values [N,1], which are made of the features: the higher, the more like a real image. Twice differentiable. */
  judge(images: Tensor, pass: Pass): Tensor;
}

/** The critic: layer normalisation, as its gradient penalty is of each image for itself. */
export function critic(width: number): Critic {
  const maps = codeMaps(width);
  const body = begun(trunk('critic', 'layer', width));
  const head = begun(linear('critic.output', maps.size, 1, { from: maps }));
  return {
    parameters: [...body.parameters, ...head.parameters],
    features: (images, pass) => body.apply(images, pass),
    judge: (images, pass) => head.apply(body.apply(images, pass), pass),
  };
}

/** Images [N,64,64,1] to codes [N,128] in (-1,1). */
export function encoder(width: number): Layer {
  const maps = codeMaps(width);
  return begun(
    chain(
      trunk('encoder', 'batch', width),
      linear('encoder.output', maps.size, codeSize, { from: maps }),
      activation('tanh'),
    ),
  );
}
