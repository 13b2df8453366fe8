import {
  type GraphNode,
  graphNode,
  type ImageFacts,
  type KindDefinition,
  type PlanBasis,
  type ScoreSource,
  seedOf,
} from '@ddad/contract';

/** @throws RangeError where there are no normal training images */
export function normalImages({ images: { normal } }: PlanBasis): ImageFacts {
  if (normal === null) throw new RangeError('expected normal training images, got none');
  return normal;
}

/** Images of an epoch that leaves out its last incomplete batch. */
export const inWholeBatches = (images: number, batchSize: number): number =>
  Math.floor(images / batchSize) * batchSize;

/** An artifact that is trained on a run's images. */
export interface TrainedArtifact<Spec extends object> {
  kind: KindDefinition<Spec>;
  /** Of its node, and the name under which the run's result lists its key. */
  id: string;
  /** What its seed is derived for, beside the run's own: another name than any other artifact has. */
  seedName: string;
  spec(seed: number): Spec;
  /** Default: the normal ones. */
  images?: 'normal' | 'training';
  /** Default: `train`. */
  stage?: string;
  /** What its progress counts, and how many images one reads. */
  epochs: number;
  imagesPerEpoch: number;
}

/** A further seed where training diverged before. */
export function trainedNode<Spec extends object>(
  { settings, retries }: PlanBasis,
  { kind, id, seedName, spec, images, stage, epochs, imagesPerEpoch }: TrainedArtifact<Spec>,
): GraphNode {
  return graphNode(kind, spec(seedOf(settings.seed, seedName, 0, retries[id])), {
    id,
    images: images ?? 'normal',
    stage: stage ?? 'train',
    total: epochs,
    unit: 'epoch',
    imagesPerUnit: imagesPerEpoch,
    artifact: id,
  });
}

/** Where a score lies within an artifact that scores images. */
export type OwnSource = Omit<ScoreSource, 'images'>;

/** A score without a map, whose tensor has its name. */
export const scoreAlone = (score: string): OwnSource => ({ score, tensor: score });

/** A score and its map, whose tensors have its name. */
export const scoreWithMap = (score: string): OwnSource => ({ score, tensor: score, map: score });

/** An artifact of which there is one of the test images, and one of the reference images. */
export interface ScoredArtifact<Spec extends object> {
  kind: KindDefinition<Spec>;
  /** Of the test images' node; that of the reference images has `reference` before it. */
  id: string;
  /** Name under which the run's result lists the test images' key; default: the id. */
  artifact?: string;
  /** @param imagesDigest of the images that are scored */
  spec(imagesDigest: string): Spec;
  scores: readonly OwnSource[];
  /** Default: `score`. */
  stage?: string;
}

/** Scores of the test images, and where normal images are held out of the reference images: as far as there are any. */
export function scoredNodes<Spec extends object>(
  basis: PlanBasis,
  { kind, id, artifact = id, spec, scores, stage = 'score' }: ScoredArtifact<Spec>,
): GraphNode[] {
  return (['test', 'reference'] as const).flatMap((images) => {
    const facts = basis.images[images];
    if (facts === null) return [];
    return graphNode(kind, spec(facts.digest), {
      id: images === 'test' ? id : `reference ${id}`,
      images,
      stage,
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      ...(images === 'test' ? { artifact } : {}),
      scores: scores.map(({ score, ...where }) => ({ score, images, ...where })),
    });
  });
}
