import { z } from 'zod';
import { type Fault, faultsOf, showValue } from './fault.ts';

/**
 * How a heat map becomes one number an image, beside its mean, which is the paper's. A mean over all pixels drowns what is
 * small: a lesion of 2 % of the pixels moves it by a fiftieth of what it moves the lesion's own.
 */
export const reductions = ['top', 'peak', 'relative', 'foreground'] as const;
export type Reduction = (typeof reductions)[number];

/**
 * Of `top`: the share of a map's pixels, the highest ones, whose mean it is. 2 % are 82 of 64×64 pixels, a disc 10 across: about
 * the smallest lesion that is still told from noise at that size. Fixed for all maps and datasets, before any label of a test
 * image was looked at.
 */
const topShare = 0.02;

/** How many of a map's pixels `top` is the mean of. */
export const topPixels = (pixels: number): number => Math.max(1, Math.round(pixels * topShare));

/** Of `peak`: the side of the square window whose largest mean it is; 5 pixels of 64, of other sizes the same part, and odd. */
export const peakWindow = (side: number): number => 2 * Math.floor((5 * side) / 128) + 1;

/**
 * Of `relative`, which is `top` by how bright the image is: the least brightness that it is divided by, of an image that is black.
 * One grey level of 255.
 */
export const leastBrightness = 1 / 255;

/**
 * Of `foreground`, the mean over what an image shows: the least grey value, of 255, of a pixel that counts; 5 % of white. Background is
 * black or nearly so in what is trained on; of an image without it, or on white, all pixels count, and of one that is black.
 */
export const foregroundGrey = 13;

/**
 * Most characters of the name and the symbol's index of a score that a method says it has. What its map gives beside has longer ones:
 * the reduction is added.
 */
const longestOwn = { name: 40, index: 24 };
const longestReduction = Math.max(...reductions.map(({ length }) => length));
const longest = {
  name: longestOwn.name + longestReduction,
  index: longestOwn.index + ', '.length + longestReduction,
};

/** Name of a score that a run may give. */
export const scoreNameSchema = z.string().min(1).max(longest.name);
/** Values by score. */
export const byScore = <T extends z.ZodType>(value: T) => z.record(scoreNameSchema, value);

const definitionSchema = ({ name, index }: typeof longest) =>
  z.object({
    /** As `scores.csv` and `report.json` have it: a letter, then letters and digits. */
    name: z
      .string()
      .regex(
        new RegExp(`^[A-Za-z][A-Za-z0-9]{0,${name - 1}}$`),
        `expected a letter, then letters and digits, at most ${name}`,
      ),
    /** As a paper writes it: a letter with an index. */
    symbol: z.object({ letter: z.string().max(8), index: z.string().max(index) }),
    /** What it is, in a few words. */
    meaning: z.string().max(300),
    /** Whether there is a heat map whose mean over the pixels is this score. */
    map: z.boolean(),
    /**
     * Of scores whose networks learn from the run's unlabeled images: how these differ from held-out normal ones then tells what the
     * networks know by heart as well.
     */
    learnsUnlabeled: z.literal(true).optional(),
    /** Absent of means of maps, and of what has no map: the score whose map it was made from, and how. */
    from: z.object({ score: z.string(), reduction: z.enum(reductions) }).optional(),
    /** Of what has a map: the reduction that its source scores images by, which then ranks above every `top`; absent where `top` is the best. */
    main: z.enum(reductions).optional(),
    /**
     * Of the scores that a run has, the one of the highest rank is its main score. Never chosen by its AUC. Those of `top` come
     * before all means: the main score is the `top` of the method's highest-ranking map, where it has maps; or the score that
     * the method's source has, where the method says so (`main`, or `sourceRank`).
     */
    rank: z.int(),
  });

/** What a score of a run is: reports, tables and CSV are made from these. */
export const scoreDefinitionSchema = definitionSchema(longest);
export type ScoreDefinition = z.infer<typeof scoreDefinitionSchema>;

const wordsOf: Record<Reduction, string> = {
  top: `mean of the highest ${topShare * 100} % of the pixels`,
  peak: 'largest local mean (5×5 of 64×64 pixels)',
  relative: `mean of the highest ${topShare * 100} % of the pixels, by the image’s brightness,`,
  foreground: 'mean over the pixels that are not nearly black,',
};
/** Every `top` ranks above every mean, the others below. */
const rankOf: Record<Reduction, number> = { top: 1000, peak: -1000, relative: -2000, foreground: -3000 };
/**
 * Rank of the score by which a method's source ranks images, where it is not a map's mean: above every `top`. Reductions that are `main`
 * are ranked by it as well.
 */
export const sourceRank = 2000;

/** Name of the score that a reduction of a score's map gives: `aTop`, `aPeak`. */
export function reducedName(score: string, reduction: Reduction): string {
  return `${score}${reduction.charAt(0).toUpperCase()}${reduction.slice(1)}`;
}

/** The score whose map a score is made of, or is the mean of; itself where it has none. */
export const mapOf = ({ name, from }: Pick<ScoreDefinition, 'name' | 'from'>): string => from?.score ?? name;

/** Names of all that a score's map gives beside its mean. */
export const reducedNames = (score: string): string[] =>
  reductions.map((reduction) => reducedName(score, reduction));

/** A method's scores, and after each that has a map what else its map gives. */
export function withReductions(definitions: readonly ScoreDefinition[]): ScoreDefinition[] {
  return definitions.flatMap((definition) => {
    const { name, symbol, map, rank, main, learnsUnlabeled } = definition;
    if (!map) return [definition];
    const made = reductions.map((reduction): ScoreDefinition => {
      const index = symbol.index === '' ? reduction : `${symbol.index}, ${reduction}`;
      return {
        name: reducedName(name, reduction),
        symbol: { letter: symbol.letter, index },
        meaning: `${wordsOf[reduction]} of the map of ${name}`,
        map: false,
        ...(learnsUnlabeled === undefined ? {} : { learnsUnlabeled }),
        from: { score: name, reduction },
        rank: rank + (reduction === main ? sourceRank : rankOf[reduction]),
      };
    });
    return [definition, ...made];
  });
}

/**
 * What keeps a run of these scores from being reported; none where nothing does.
 * @param definitions as a method says them, without what their maps give beside
 */
export function scoreFaults(definitions: readonly ScoreDefinition[]): Fault[] {
  const faults: Fault[] = [];
  const sound = definitions.filter((definition) => {
    const parsed = definitionSchema(longestOwn).safeParse(definition);
    for (const { path, message } of parsed.success ? [] : faultsOf(parsed.error, definition))
      faults.push({ path: `${showValue(definition.name)}.${path}`, message });
    return parsed.success;
  });
  const names = withReductions(sound).map(({ name }) => name);
  const twice = new Set(names.filter((name, place) => names.indexOf(name) !== place));
  for (const name of twice)
    faults.push({
      path: showValue(name),
      message: 'expected each name once, what maps give among them, got it twice',
    });
  return faults;
}

/**
 * The same definitions with one of them above all others in rank: the score that a run's input chose as its main one. One that is
 * not among them changes nothing.
 */
export function withHeadline(
  definitions: readonly ScoreDefinition[],
  headline: string | undefined,
): ScoreDefinition[] {
  const above = 1 + Math.max(0, ...definitions.map(({ rank }) => rank));
  return definitions.map((definition) =>
    definition.name === headline ? { ...definition, rank: above } : definition,
  );
}

/** The name of the score by which images are ranked: of those that a run has, that of the highest rank; null for none. */
export function mainScore(
  definitions: readonly Pick<ScoreDefinition, 'name' | 'rank'>[],
  has: Readonly<Partial<Record<string, unknown>>>,
): string | null {
  const present = definitions.filter(({ name }) => has[name] !== undefined);
  return present.toSorted((a, b) => b.rank - a.rank)[0]?.name ?? null;
}
