import { interDiscrepancy, intraDiscrepancy, meanReconstruction, meanVariance } from '@ddad/anomaly';
import type { Tensor, TensorData } from '@ddad/compute';
import type { MakeTask } from '@ddad/jobs/task';
import { type BackboneModel, backbone, type Drop, fromPyTorch, type Reconstruction } from '@ddad/models';
import { inputTensors } from '../../input-tensors.ts';
import { memberName, type Role } from '../kinds.ts';
import type { Backbone } from '../settings.ts';

/** The frozen members as weights of one compiled step, and what they give together. */
export interface Ensemble {
  /** Folded weights of all members, under `ROLE.INDEX.NAME`. */
  weights: Map<string, TensorData>;
  /** Members of each role. */
  sizes: Record<Role, number>;
  /** Reconstructions by the members of a role, each like `images`; with `drop`, MC Dropout's passes. */
  reconstruct(role: Role, weights: Record<string, Tensor>, images: Tensor, drop?: Drop): Reconstruction[];
  /** The same by one of them alone. */
  reconstructBy(
    role: Role,
    index: number,
    weights: Record<string, Tensor>,
    images: Tensor,
    drop?: Drop,
  ): Reconstruction;
}

/** Members as one ensemble. @param members what `fold` gave of each */
export function ensembleOf(
  model: BackboneModel,
  members: Record<Role, readonly ReadonlyMap<string, TensorData>[]>,
): Ensemble {
  const weights = new Map<string, TensorData>();
  for (const role of ['ndm', 'udm'] as const) {
    for (const [index, member] of members[role].entries()) {
      for (const [key, tensor] of member) weights.set(`${role}.${index}.${key}`, tensor);
    }
  }
  const reconstructBy: Ensemble['reconstructBy'] = (role, index, all, images, drop) => {
    const prefix = `${role}.${index}.`;
    const own = Object.fromEntries(
      Object.entries(all)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, tensor]) => [key.slice(prefix.length), tensor]),
    );
    return model.reconstructFolded(own, images, drop);
  };
  return {
    weights,
    sizes: { ndm: members.ndm.length, udm: members.udm.length },
    reconstruct: (role, all, images, drop) =>
      members[role].map((_, index) => reconstructBy(role, index, all, images, drop)),
    reconstructBy,
  };
}

/** What a specification says of the networks that score. */
interface NetworkSpec {
  backbone: Backbone;
  imageSize: number;
  latentSize?: number | undefined;
  wideLayer?: number | undefined;
}

/** And of the members themselves: keys by index. */
type EnsembleSpec = NetworkSpec & Record<Role, readonly string[]>;

/** Loads a task's members for inference, BatchNorm folded into the layers before it. */
export async function loadEnsemble(task: MakeTask<EnsembleSpec>): Promise<Ensemble> {
  const { ndm, udm } = task.spec;
  return ensembleOf(modelOf(task.spec), {
    ndm: await readMembers(task, 'ndm', ndm.keys()),
    udm: await readMembers(task, 'udm', udm.keys()),
  });
}

/** Loads some of a task's members of the NDM as an ensemble of their own, without a UDM. @param indices of the members */
export async function loadPart(task: MakeTask<NetworkSpec>, indices: Iterable<number>): Promise<Ensemble> {
  return ensembleOf(modelOf(task.spec), { ndm: await readMembers(task, 'ndm', indices), udm: [] });
}

function modelOf(spec: NetworkSpec): BackboneModel {
  return backbone(spec.backbone, spec.imageSize, spec);
}

async function readMembers(
  task: MakeTask<NetworkSpec>,
  role: Role,
  indices: Iterable<number>,
): Promise<Map<string, TensorData>[]> {
  const model = modelOf(task.spec);
  const members: Map<string, TensorData>[] = [];
  // One after the other: all files of a large ensemble at once would be held twice.
  for (const index of indices) {
    const tensors = await inputTensors(task, memberName(role, index));
    members.push(model.fold(fromPyTorch(model.parameters, tensors)));
  }
  return members;
}

/** Reconstructions by the NDM members, their mean, and the mean of their variances; null of a backbone that estimates none. */
export function reconstructions(ensemble: Ensemble, weights: Record<string, Tensor>, images: Tensor) {
  const ndm = ensemble.reconstruct('ndm', weights, images);
  const mean = meanReconstruction(ndm.map(({ image }) => image));
  const variances = ndm.flatMap(({ variance }) => variance ?? []);
  return { ndm, mean, variance: variances.length === 0 ? null : meanVariance(variances) };
}

/**
 * A_intra (eq. 3) and, where there is a UDM, A_inter (eq. 4); of a backbone that estimates its uncertainty, both refined by
 * that of the NDM (eqs. 6 and 7).
 * @param images [N,H,W,1]
 */
export function discrepancies(ensemble: Ensemble, weights: Record<string, Tensor>, images: Tensor) {
  const { ndm, mean, variance } = reconstructions(ensemble, weights, images);
  const udm = ensemble.reconstruct('udm', weights, images).map(({ image }) => image);
  const ndmImages = ndm.map(({ image }) => image);
  return {
    ndm,
    mean,
    variance,
    aIntra: intraDiscrepancy(ndmImages, variance),
    aInter: udm.length === 0 ? null : interDiscrepancy(mean, meanReconstruction(udm), variance),
  };
}
