import {
  defaultImageSize,
  type Graph,
  type KindDefinition,
  type Method,
  type PlanBasis,
  type ScoreDefinition,
} from '@ddad/contract';
import { mapKind, memberKind } from '../ddad/kinds.ts';
import { planDdad } from '../ddad/plan.ts';
import { ddadScores } from '../ddad/scores.ts';
import { type Backbone, memberImageSizes } from '../ddad/settings.ts';
import { storedInput } from '../ddad/stored-input.ts';
import { membersUnlikePaper } from '../ddad/unlike-paper.ts';
import { describeWidths, widthsOf } from '../ddad/widths.ts';
import { instead } from '../instead.ts';
import { asDdad, batchSizes, type ReconstructionSettings, reconstructionSchema } from './settings.ts';

/** Of DDAD's scores those that a reconstruction alone gives. */
const scoreNames = ['rec', 'recEnsemble'];
const meanings: Readonly<Record<string, string>> = {
  rec: 'reconstruction error of the first network',
  recEnsemble: "reconstruction error of the networks' mean",
};

const scores: ScoreDefinition[] = ddadScores({}).flatMap((score) =>
  scoreNames.includes(score.name) ? [{ ...score, meaning: meanings[score.name] ?? score.meaning }] : [],
);

/** The DDAD paper's, whose Table 2 has these systems, each of one network (section 4.2). */
const source = { imageSize: defaultImageSize, k: 1 };

/**
 * A reconstruction network by itself, the baseline of the DDAD paper: the NDM of a run of `ddad`, and its maps, without UDM and
 * refiner. Its artifacts are of that method's kinds and have the same keys: what one has trained the other finds.
 */
export function reconstructionMethod(
  backbone: Backbone,
  { name, title }: { name: string; title: string },
): Method<ReconstructionSettings> {
  return {
    name,
    title,
    schema: reconstructionSchema as unknown as Method<ReconstructionSettings>['schema'],
    kinds: [memberKind, mapKind] as unknown as KindDefinition[],
    usesUnlabeled: false,
    imageSizes: memberImageSizes,
    scores: () => scores,
    facts: ({ k, ...others }) => ({ k, ...widthsOf(others) }),
    describe: ({ k, ...others }) =>
      [k === 1 ? 'one network' : `${String(k)} networks`, ...describeWidths(others)].join(', '),
    roles: { ndm: 'trained on normal images' },
    deviations: (settings, imageSize) => [
      ...instead('size', imageSize, source.imageSize),
      ...instead('networks', settings.k, source.k),
      ...membersUnlikePaper(settings),
    ],
    batchSizes,
    storedInput,
    grow(settings, k) {
      if (k > settings.k) return { settings: { ...settings, k } };
      return { fault: `k: expected more than the ${settings.k} networks that the run has, got ${k}` };
    },
    plan: (basis) => planReconstruction(backbone, basis),
  };
}

/** Members of the NDM, and maps of the test images and of the reference images, as DDAD plans them. */
function planReconstruction(backbone: Backbone, basis: PlanBasis<ReconstructionSettings>): Graph {
  const { stages, nodes } = planDdad({
    ...basis,
    settings: asDdad(backbone, basis.settings),
    images: { ...basis.images, training: null },
  });
  const kinds: readonly string[] = [memberKind.kind, mapKind.kind];
  const own = nodes.flatMap((node) => {
    if (!kinds.includes(node.kind)) return [];
    if (node.scores === undefined) return [node];
    return [{ ...node, scores: node.scores.filter(({ score }) => scoreNames.includes(score)) }];
  });
  return {
    stages: stages.filter(({ name }) => own.some(({ stage }) => stage === name)),
    nodes: own,
    groups: {},
    artifacts: ['maps'],
  };
}
