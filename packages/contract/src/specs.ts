import type { Backbone, Precision, ResolvedRunInput } from './run-input.ts';

/** Which images a member was trained on: normal ones, or normal and unlabeled ones. */
export type Role = 'ndm' | 'udm';
/** What a refiner reads: A_intra and A_inter (eq. 10), or A_intra alone (eq. 13). */
export type RefinerInput = 'dual' | 'intra';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change
 * (initialisation, randomness, loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = { member: 2, maps: 2, kCurve: 2, refiner: 2 } as const;

/** A specification's part that tells in which precision it is trained. Float32 is not told: keys from before stay. */
export interface PrecisionSpec {
  precision?: Exclude<Precision, 'float32'>;
}

export function precisionSpec({ precision }: Pick<ResolvedRunInput, 'precision'>): PrecisionSpec {
  return precision === 'bfloat16' ? { precision } : {};
}

/**
 * MC Dropout where it scores: passes through one network per role stand for an ensemble's members. Pass p has the masks that
 * `seed`, p and the role decide.
 */
export interface DropoutSpec {
  rate: number;
  passes: number;
  /** 0 to 2^48 - 1. */
  seed: number;
}

/** Everything that decides a member. Its key is the SHA-256 of its canonical JSON. */
export interface MemberSpec extends PrecisionSpec {
  recipe: number;
  backbone: Backbone;
  role: Role;
  /** 0 to 2^48 - 1. */
  seed: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  /** SHA-256 over the training pixels in training order. */
  imagesDigest: string;
  /** Side of the square images in pixels. */
  imageSize: number;
  /** Rate of the dropout that it is trained with; absent where there is none. */
  dropout?: number;
}

/** Everything that decides the score maps of a set of images: the test images, or the reference images. */
export interface MapSpec {
  recipe: number;
  backbone: Backbone;
  /** Member keys by index. */
  ndm: string[];
  /** Empty in the one-class mode. */
  udm: string[];
  imagesDigest: string;
  imageSize: number;
  /** Absent where the members are an ensemble. */
  dropout?: DropoutSpec;
}

/** Everything that decides the image scores of an ensemble's subsets, of every size. */
export interface KCurveSpec extends Omit<MapSpec, 'dropout'> {
  /** Subsets of each size, at most. */
  subsets: number;
}

/** Everything that decides a trained ASR-Net. */
export interface RefinerSpec extends PrecisionSpec {
  recipe: number;
  backbone: Backbone;
  input: RefinerInput;
  ndm: string[];
  /** Empty for `intra`. */
  udm: string[];
  seed: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  weightDecay: number;
  /** SHA-256 over the normal training pixels in order. */
  imagesDigest: string;
  imageSize: number;
  /** Absent where the members are an ensemble. Every step has passes of its own, decided by epoch and place in it, too. */
  dropout?: DropoutSpec;
}

/** Everything that decides refined maps: whose maps, by which refiner. */
export interface RefinedSpec {
  maps: string;
  refiner: string;
}
