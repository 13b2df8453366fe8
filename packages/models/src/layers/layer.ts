import { type Tensor, tf } from '@ddad/compute';
import type { Tensors } from '../blocks.ts';
import type { ParameterSpec } from '../parameters.ts';

/** One use of a network's layers: with which tensors, and whether batch normalisation goes by the batch's statistics. */
export interface Pass {
  readonly mode: 'train' | 'infer';
  readonly weights: Tensors;
  readonly buffers: Tensors;
  /** In training: running statistics after it. A layer that is used again in the same pass goes on from here. */
  readonly renewed: Tensors;
}

/**
 * Training mode. To be used inside of compute's steps, which keep the batch's statistics alive; `renewed` is what the loss function gives
 * as its buffers.
 */
export function trainingPass(weights: Tensors, buffers: Tensors = {}): Pass {
  return { mode: 'train', weights, buffers, renewed: {} };
}

/** Inference mode: batch normalisation by its running statistics. */
export function inferencePass(weights: Tensors, buffers: Tensors = weights): Pass {
  return { mode: 'infer', weights, buffers, renewed: {} };
}

/** A part of a network, with PyTorch's names for its parameters. Maps are [N,H,W,C], vectors [N,C]. */
export interface Layer {
  /** In PyTorch's order. */
  readonly parameters: readonly ParameterSpec[];
  apply(x: Tensor, pass: Pass): Tensor;
}

/** A layer without parameters. */
export function pure(apply: (x: Tensor) => Tensor): Layer {
  return { parameters: [], apply };
}

/** Layers one behind the other. */
export function chain(...layers: readonly Layer[]): Layer {
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    apply: (x, pass) => layers.reduce((y, layer) => layer.apply(y, pass), x),
  };
}

/** main(x) + shortcut(x), then `after`; the shortcut is x itself where it is left out. */
export function residual({
  main,
  shortcut,
  after,
}: {
  main: Layer;
  shortcut?: Layer | undefined;
  after?: Layer | undefined;
}): Layer {
  const parts = [main, shortcut, after].flatMap((part) => (part === undefined ? [] : [part]));
  return {
    parameters: parts.flatMap(({ parameters }) => parameters),
    apply(x, pass) {
      const sum = tf.add(main.apply(x, pass), shortcut?.apply(x, pass) ?? x);
      return after?.apply(sum, pass) ?? sum;
    },
  };
}

/** What comes in, behind what `inner` makes of it, as channels of one map: a U-Net's way past its lower levels. */
export function beside(inner: Layer): Layer {
  return {
    parameters: inner.parameters,
    apply: (x, pass) => tf.concat([inner.apply(x, pass), x], 3),
  };
}

/** A layer under names that begin with `prefix` and a full stop: two networks of one step may have the same names. */
export function named(prefix: string, layer: Layer): Layer {
  const start = `${prefix}.`;
  const own = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) =>
        name.startsWith(start) ? [[name.slice(start.length), tensor]] : [],
      ),
    );
  return {
    parameters: layer.parameters.map((parameter) => ({ ...parameter, name: start + parameter.name })),
    apply(x, pass) {
      const inner: Pass = {
        mode: pass.mode,
        weights: own(pass.weights),
        buffers: own(pass.buffers),
        renewed: own(pass.renewed),
      };
      const y = layer.apply(x, inner);
      for (const [name, tensor] of Object.entries(inner.renewed)) pass.renewed[start + name] = tensor;
      return y;
    },
  };
}
