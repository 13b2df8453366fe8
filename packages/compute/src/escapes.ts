import { type Tensor, tf } from './tensorflow.ts';

const scopes: Tensor[][] = [];

/**
 * Marks a tensor that leaves a differentiated function by another way than its returned value; tfjs's own scopes would
 * dispose of it on the way out. It lives until the innermost `withEscapes` ends.
 */
export function letEscape(tensor: Tensor): Tensor {
  const scope = scopes.at(-1);
  if (scope === undefined) return tensor;
  scope.push(tensor);
  return tf.keep(tensor);
}

/** Runs `compute` and disposes of what escaped inside of it. */
export function withEscapes<T>(compute: () => T): T {
  const scope: Tensor[] = [];
  scopes.push(scope);
  try {
    return compute();
  } finally {
    scopes.pop();
    for (const tensor of scope) tensor.dispose();
  }
}
