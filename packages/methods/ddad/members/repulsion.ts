import type { Shapes, Tensor, TensorData } from '@ddad/compute';
import { tf } from '@ddad/compute';
import type { MakeTask } from '@ddad/jobs';
import { type BackboneModel, fromPyTorch, linearCka } from '@ddad/models';
import { inputTensors } from '../../input-tensors.ts';
import { earlierName, type MemberSpec } from '../kinds.ts';

/** What keeps a member's latent codes away from those of the members before it (D2UE, MICCAI 2024). */
export interface Repulsion {
  /** Weights of the earlier members' encoders, which a step holds as they are. */
  frozen: ReadonlyMap<string, TensorData>;
  shapes: Shapes;
  /**
   * The term of the loss: λ times the mean over the earlier members of the linear CKA of their codes and the member's own.
   * @param codes the member's, of the batch in training mode, [N,L]
   * @param images of the batch, [N,S,S,1]
   * @param weights the step's frozen tensors
   * @returns a scalar
   */
  term(codes: Tensor, images: Tensor, weights: Record<string, Tensor>): Tensor;
}

const frozenName = (index: number, name: string) => `${earlierName(index)}/${name}`;

/** Loads the encoders of a task's earlier members; null where there are none. */
export async function loadRepulsion(
  task: MakeTask<MemberSpec>,
  model: BackboneModel,
): Promise<Repulsion | null> {
  const { repulsion } = task.spec;
  if (repulsion === undefined) return null;
  const { weight, earlier } = repulsion;
  const frozen = new Map<string, TensorData>();
  for (const index of earlier.keys()) {
    // One after the other: of a whole member only the encoder is kept.
    const tensors = await inputTensors(task, earlierName(index));
    for (const [name, tensor] of model.encoder.fold(fromPyTorch(model.parameters, tensors)))
      frozen.set(frozenName(index, name), tensor);
  }
  const namesOf = earlier.map((_, index) => {
    const prefix = frozenName(index, '');
    return [...frozen.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  });
  return {
    frozen,
    shapes: Object.fromEntries([...frozen].map(([name, { shape }]) => [name, [...shape]])),
    term: (codes, images, weights) =>
      tf.tidy(() => {
        const alike = namesOf.map((names, index) => {
          const own = Object.fromEntries(
            names.flatMap((name) => {
              const tensor = weights[frozenName(index, name)];
              return tensor === undefined ? [] : [[name, tensor]];
            }),
          );
          return linearCka(codes, model.encoder.codes(own, images));
        });
        return tf.mul(tf.mean(tf.stack(alike)), weight);
      }),
  };
}
