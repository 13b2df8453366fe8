import { canonicalJson, isObject, type PlanBasis, sha256Schema } from '@ddad/contract';
import { MalformedResult, parseReport } from '@ddad/runs';
import {
  MalformedObject,
  type Manifest,
  ObjectNotFound,
  type ObjectStore,
  readManifest,
} from '@ddad/storage';
import { LRUCache } from 'lru-cache';

/** What of a planned node tells how long it takes. */
export interface WorkToMeasure {
  kind: string;
  key: string;
  spec: object;
  total: number;
  unit: 'epoch' | 'image';
}

/** What was measured of a finished artifact. */
export type MeasuredArtifact = Pick<Manifest, 'kind' | 'spec' | 'seconds' | 'history'>;

/** Reports on a dataset that are looked at, the newest ones; and the newest reports among which they are searched. */
const most = { used: 8, searched: 48 };
/** Samples of which the median is taken, the newest ones. */
const mostSamples = 9;
/** For how long what was read counts as new, in milliseconds: an experiment plans hundreds of runs in a row. */
const freshMs = 60_000;

/**
 * How long work takes, by what the like took that runs on the same dataset made before. What is alike is told by specifications
 * alone: they differ in seeds, epochs, and keys of what they are made from, and name the same images.
 */
export class MeasuredWork {
  readonly #store: ObjectStore;
  readonly #known = new LRUCache<string, Promise<MeasuredArtifact[]>>({ max: 8, ttl: freshMs });

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Seconds that whole nodes take one worker, by their keys; those of which nothing alike was made are left out.
   * @param here what is published of the very run, the newest measure that there is
   */
  async secondsOf(
    { datasetDigest, images }: Pick<PlanBasis, 'datasetDigest' | 'images'>,
    nodes: readonly WorkToMeasure[],
    here: readonly MeasuredArtifact[],
  ): Promise<Map<string, number>> {
    const known = await this.#on(datasetDigest);
    const digests = new Set(Object.values(images).flatMap((set) => set?.digest ?? []));
    return expectedSeconds(nodes, [...here, ...known], digests);
  }

  #on(datasetDigest: string): Promise<MeasuredArtifact[]> {
    const before = this.#known.get(datasetDigest);
    if (before !== undefined) return before;
    const found = this.#read(datasetDigest);
    this.#known.set(datasetDigest, found);
    found.catch(() => this.#known.delete(datasetDigest));
    return found;
  }

  async #read(datasetDigest: string): Promise<MeasuredArtifact[]> {
    const reports = (await this.#store.list('reports/'))
      .filter(({ key }) => key.endsWith('/report.json'))
      .sort((a, b) => b.modified.getTime() - a.modified.getTime())
      .slice(0, most.searched);
    const artifacts = new Map<string, { kind: string; key: string }>();
    let used = 0;
    for (const { key } of reports) {
      if (used >= most.used) break;
      const nodes = await this.#nodesOn(datasetDigest, key);
      if (nodes === null) continue;
      used += 1;
      for (const node of nodes) artifacts.set(`${node.kind}/${node.key}`, node);
    }
    const manifests: MeasuredArtifact[] = [];
    for (const { kind, key } of artifacts.values()) {
      const manifest = await readManifest(this.#store, kind, key).catch((error: unknown) => {
        // Whoever needs it finds it damaged; its time is no loss.
        if (error instanceof MalformedObject) return null;
        throw error;
      });
      if (manifest !== null) manifests.push(manifest);
    }
    return manifests;
  }

  /** Artifacts that a report names; null where it is one on another dataset, or tells no kinds. */
  async #nodesOn(datasetDigest: string, object: string): Promise<{ kind: string; key: string }[] | null> {
    try {
      const { datasetDigest: digest, nodes } = parseReport(await this.#store.get(object), object);
      return digest === datasetDigest && nodes !== undefined ? nodes : null;
    } catch (error) {
      if (error instanceof MalformedResult || error instanceof ObjectNotFound) return null;
      throw error;
    }
  }
}

/** What a specification says of the work, beside what makes no difference to its length. */
interface Shape {
  /** The specification without seeds and epochs, and a mark in place of every digest and key. */
  text: string;
  /** The same with one mark for a whole list of keys. */
  loose: string;
  /** Digests and keys in it. */
  digests: string[];
  /** How many of them stand in lists, at least 1: artifacts of the same sort that it reads, one after the other. */
  listed: number;
  epochs: number | null;
}

/**
 * Seconds by key: the median of what the like took, epoch by epoch where it counts those. Where none read as many artifacts: of what
 * counts images, by what others of the kind took an artifact that they read, as maps of five networks take five thirds of those of
 * three; of what trains, which it does by itself as well, on the line through what the others took.
 * @param images digests of the run's sets of images: what names one of them counts only beside what names the same one
 */
export function expectedSeconds(
  nodes: readonly WorkToMeasure[],
  measured: readonly MeasuredArtifact[],
  images: ReadonlySet<string>,
): Map<string, number> {
  const samples = measured.map((one) => ({ ...one, shape: shapeOf(one.spec) }));
  const expected = new Map<string, number>();
  for (const { kind, key, spec, total, unit } of nodes) {
    const shape = shapeOf(spec);
    const set = shape.digests.find((digest) => images.has(digest));
    const ofKind = samples.filter(
      (sample) =>
        sample.kind === kind &&
        sample.shape.loose === shape.loose &&
        (set === undefined || sample.shape.digests.includes(set)),
    );
    const alike = ofKind.filter((sample) => sample.shape.text === shape.text);
    const perUnit = (alike.length > 0 ? alike : ofKind).slice(0, mostSamples).flatMap((sample) => {
      const units = unit === 'epoch' ? (sample.shape.epochs ?? sample.history?.length ?? 0) : total;
      return units > 0 ? [{ listed: sample.shape.listed, seconds: sample.seconds / units }] : [];
    });
    if (perUnit.length === 0) continue;
    const seconds =
      alike.length > 0 || unit === 'epoch'
        ? onLine(perUnit, shape.listed)
        : median(perUnit.map((one) => one.seconds / one.listed)) * shape.listed;
    expected.set(key, seconds * total);
  }
  return expected;
}

/**
 * What a unit takes that reads so many artifacts, on the straight line through the samples (least squares); their median where all
 * read as many. Between what a number that makes no difference would give, and one that all the time goes into: two samples
 * of busy and of idle workers have a line as well.
 */
function onLine(samples: readonly { listed: number; seconds: number }[], listed: number): number {
  const mean = (of: (sample: (typeof samples)[number]) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [middle, level] = [mean((one) => one.listed), mean(({ seconds }) => seconds)];
  const spread = mean((one) => (one.listed - middle) ** 2);
  if (spread === 0) return median(samples.map(({ seconds }) => seconds));
  const slope = mean((one) => (one.listed - middle) * (one.seconds - level)) / spread;
  const [low, high] = [level, (level * listed) / middle].sort((a, b) => a - b);
  return Math.min(high!, Math.max(low!, level + slope * (listed - middle)));
}

const noMatter: ReadonlySet<string> = new Set(['seed', 'epochs']);
const mark = '#';

function shapeOf(spec: object): Shape {
  const digests: string[] = [];
  let listed = 0;
  const bare = (value: unknown, loose: boolean): unknown => {
    if (sha256Schema.safeParse(value).success) {
      if (!loose) digests.push(value as string);
      return mark;
    }
    if (Array.isArray(value)) {
      const items = value.map((item) => bare(item, loose));
      if (!loose) listed += items.filter((item) => item === mark).length;
      return loose && items.length > 0 && items.every((item) => item === mark) ? [mark] : items;
    }
    if (!isObject(value)) return value;
    const fields = Object.entries(value).filter(([name]) => !noMatter.has(name));
    return Object.fromEntries(fields.map(([name, inner]) => [name, bare(inner, loose)]));
  };
  const { epochs } = spec as { epochs?: unknown };
  const text = canonicalJson(bare(spec, false) as object);
  return {
    text,
    loose: canonicalJson(bare(spec, true) as object),
    digests,
    listed: Math.max(1, listed),
    epochs: typeof epochs === 'number' ? epochs : null,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
