import { interDiscrepancy, intraDiscrepancyOfPasses, type PassMoments, passMoments } from '@ddad/anomaly';
import { type Tensor, tf } from '@ddad/compute';
import { dropInPasses } from '@ddad/models';
import type { DropoutSpec, Role } from '../kinds.ts';
import type { Ensemble } from './ensemble.ts';

/** A network's number under a masks' seed. */
const network: Record<Role, number> = { ndm: 0, udm: 1 };

/**
 * What passes through the network of a role make of images.
 * @param images [N,H,W,1]
 * @param seed the masks', [2]
 * @param counted which passes count, [P,1,1,1,1] of 1 and 0
 */
export function momentsOfPasses(
  ensemble: Ensemble,
  role: Role,
  rate: number,
  weights: Record<string, Tensor>,
  { images, seed, counted }: { images: Tensor; seed: Tensor; counted: Tensor },
): PassMoments {
  return tf.tidy(() => {
    const [passes] = counted.shape;
    const drop = dropInPasses(seed, { passes, images: images.shape[0], rate, network: network[role] });
    const { image, variance } = ensemble.reconstruct(role, weights, images, drop)[0]!;
    const byPass = (values: Tensor) => tf.reshape(values, [passes, ...images.shape]);
    return { ...passMoments(byPass(image), variance === null ? null : byPass(variance), counted) };
  });
}

/**
 * A_intra (eqs. 3 and 6) and, where there is a UDM, A_inter (eqs. 4 and 7), passes in the members' place: σ² is the mean over the
 * NDM's.
 * @param passes how many there are, a scalar
 */
export function discrepanciesOfMoments(ndm: PassMoments, udm: PassMoments | null, passes: Tensor) {
  return {
    aIntra: intraDiscrepancyOfPasses(ndm, passes),
    aInter: udm === null ? null : interDiscrepancy(ndm.mean, udm.mean, ndm.variance),
  };
}

/** The same of all passes at once. Holds all their reconstructions: for few passes or few images. */
export function discrepanciesOfPasses(
  ensemble: Ensemble,
  { rate, passes }: DropoutSpec,
  weights: Record<string, Tensor>,
  inputs: { images: Tensor; seed: Tensor },
) {
  const all = { ...inputs, counted: tf.ones([passes, 1, 1, 1, 1]) };
  const moments = (role: Role) => momentsOfPasses(ensemble, role, rate, weights, all);
  return discrepanciesOfMoments(
    moments('ndm'),
    ensemble.sizes.udm === 0 ? null : moments('udm'),
    tf.scalar(passes),
  );
}
