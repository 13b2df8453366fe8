import {
  type DropoutSpec,
  type KCurveSpec,
  type MapSpec,
  type MemberSpec,
  type PlannedMember,
  precisionSpec,
  type RefinerInput,
  type RefinerSpec,
  type ResolvedRunInput,
  type Role,
  recipes,
} from '@ddad/contract';
import { artifactKey, type Damage, memberSeed, type ObjectStore, readIntactManifest } from '@ddad/storage';
import type { ImageDigests, RunImages } from '../dataset-catalog.ts';

/** A member as the plan describes it to the workflow. */
export interface MemberPlan extends PlannedMember {
  spec: MemberSpec;
  /** True where it was published before this run wanted it. */
  finished: boolean;
  /** Images that one epoch reads, for the time left. */
  imagesPerEpoch: number;
  /** What was wrong with what lay published under its key and was set aside; absent where nothing was. */
  replaced?: string;
}

/** A member to be planned. */
export interface WantedMember {
  role: Role;
  index: number;
  /** How many of its seeds diverged; default 0. */
  retry?: number;
}

export interface RefinerPlan {
  input: RefinerInput;
  spec: RefinerSpec;
  key: string;
  /** Key of the refined maps; null without test images. */
  refinedKey: string | null;
  /** The same of the reference images; absent where there are none. */
  referenceRefinedKey?: string;
}

export interface MapPlan {
  spec: MapSpec;
  key: string;
}

/** What a run makes of its members. */
export interface ScoringPlan {
  /** Null without test images. */
  maps: MapPlan | null;
  /** Maps of the reference images; absent where there are none. */
  reference?: MapPlan;
  /** Null without labels of test images, and for fewer than three members; absent in plans from before there were any. */
  kCurve?: { spec: KCurveSpec; key: string } | null;
  refiners: RefinerPlan[];
}

/** Keys of the members that score, by index. */
export interface EnsembleKeys {
  ndm: string[];
  /** Empty in the one-class mode. */
  udm: string[];
}

/** What a run's keys follow from. */
export interface PlanBasis {
  input: ResolvedRunInput;
  images: RunImages;
  digests: ImageDigests;
}

export interface MemberPlanDeps {
  store: ObjectStore;
  /** A published artifact was damaged and is set aside. */
  onDamage: (damage: Damage) => void;
}

/** Roles that a run trains: NDM alone in the one-class mode. */
export function rolesOf(digests: ImageDigests): Role[] {
  return digests.normalAndUnlabeled === null ? ['ndm'] : ['ndm', 'udm'];
}

/** What a member is, with its key. */
export function memberSpec(
  { input, images, digests }: PlanBasis,
  { role, index, retry }: WantedMember,
): { spec: MemberSpec; key: string } {
  const { backbone, epochs, batchSize, learningRate, dropout } = input;
  const imagesDigest = role === 'ndm' ? digests.normal : digests.normalAndUnlabeled;
  if (imagesDigest === null) throw new RangeError(`${role} ${index}: expected unlabeled images, got none`);
  const spec: MemberSpec = {
    recipe: recipes.member,
    backbone,
    role,
    seed: memberSeed(input.seed, role, index, retry),
    epochs,
    batchSize,
    learningRate,
    imagesDigest,
    imageSize: images.imageSize,
    ...precisionSpec(input),
    ...(dropout === undefined ? {} : { dropout: dropout.rate }),
  };
  return { spec, key: artifactKey(spec) };
}

/** Works out seed and key of each member, and which are finished; what is damaged is set aside. */
export function planMembers(
  { store, onDamage }: MemberPlanDeps,
  basis: PlanBasis,
  wanted: readonly WantedMember[],
): Promise<MemberPlan[]> {
  const { images } = basis;
  const { batchSize } = basis.input;
  return Promise.all(
    wanted.map(async ({ role, index, retry }): Promise<MemberPlan> => {
      const { spec, key } = memberSpec(basis, { role, index, ...(retry === undefined ? {} : { retry }) });
      const { seed } = spec;
      const { manifest, damage } = await readIntactManifest(store, 'members', key);
      if (damage !== null) onDamage(damage);
      const count = images.normal.length + (role === 'udm' ? images.unlabeled.length : 0);
      return {
        role,
        index,
        seed,
        key,
        spec,
        finished: manifest !== null,
        imagesPerEpoch: Math.floor(count / batchSize) * batchSize,
        ...(damage === null ? {} : { replaced: damage.fault }),
      };
    }),
  );
}

/** MC Dropout's part of a specification; nothing of an ensemble's. */
function dropoutOf(
  { dropout, seed }: ResolvedRunInput,
  passes: 'passes' | 'refinerPasses',
): { dropout?: DropoutSpec } {
  if (dropout === undefined) return {};
  return {
    dropout: { rate: dropout.rate, passes: dropout[passes], seed: memberSeed(seed, 'dropout', 0) },
  };
}

/** Works out what is made of the members with these keys. */
export function planScoring({ input, images, digests }: PlanBasis, { ndm, udm }: EnsembleKeys): ScoringPlan {
  const mapsOf = (imagesDigest: string): MapPlan => {
    const spec: MapSpec = {
      recipe: recipes.maps,
      backbone: input.backbone,
      ndm,
      udm,
      imagesDigest,
      imageSize: images.imageSize,
      ...dropoutOf(input, 'passes'),
    };
    return { spec, key: artifactKey(spec) };
  };
  const maps = digests.test === null ? null : mapsOf(digests.test);
  const reference = digests.reference === null ? null : mapsOf(digests.reference);
  const scored: Omit<ScoringPlan, 'refiners'> = {
    maps,
    ...(reference === null ? {} : { reference }),
    kCurve: maps === null || !images.judged ? null : planKCurve(maps.spec),
  };
  const { refiner } = input;
  if (refiner === false) return { ...scored, refiners: [] };
  const refinerInputs: RefinerInput[] = udm.length > 0 ? ['dual', 'intra'] : ['intra'];
  const refiners = refinerInputs.map((kind): RefinerPlan => {
    const spec: RefinerSpec = {
      recipe: recipes.refiner,
      backbone: input.backbone,
      input: kind,
      ndm,
      udm: kind === 'dual' ? udm : [],
      seed: memberSeed(input.seed, `refiner-${kind}`, 0),
      epochs: refiner.epochs,
      batchSize: refiner.batchSize,
      learningRate: refiner.learningRate,
      weightDecay: refiner.weightDecay,
      imagesDigest: digests.normal,
      imageSize: images.imageSize,
      ...precisionSpec(input),
      ...dropoutOf(input, 'refinerPasses'),
    };
    const key = artifactKey(spec);
    return {
      input: kind,
      spec,
      key,
      refinedKey: maps === null ? null : artifactKey({ maps: maps.key, refiner: key }),
      ...(reference === null
        ? {}
        : { referenceRefinedKey: artifactKey({ maps: reference.key, refiner: key }) }),
    };
  });
  return { ...scored, refiners };
}

/** Fewer members have no subsets worth a curve. */
const leastForCurve = 3;
/** Of each size. */
const subsetsOfSize = 100;

/** The curve takes the same members of both roles: where some are missing, so many as the smaller role has. */
function planKCurve(maps: MapSpec): ScoringPlan['kCurve'] {
  const { ndm, udm } = maps;
  const members = udm.length === 0 ? ndm.length : Math.min(ndm.length, udm.length);
  if (members < leastForCurve) return null;
  const spec: KCurveSpec = {
    ...maps,
    recipe: recipes.kCurve,
    ndm: ndm.slice(0, members),
    udm: udm.slice(0, members),
    subsets: subsetsOfSize,
  };
  return { spec, key: artifactKey(spec) };
}
