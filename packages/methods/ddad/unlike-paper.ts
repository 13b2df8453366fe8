import { defaultImageSize, type RunResult } from '@ddad/contract';
import { instead } from '../instead.ts';
import { type DdadSettings, type DropoutSettings, ddadSchema, type MemberSettings } from './settings.ts';
import { storedInput } from './stored-input.ts';

/** The paper's settings, those of its Table 2, are the defaults but for the recipes. */
const paper = ddadSchema.parse({ dataset: 'any', recipe: 'paper', refiner: { recipe: 'paper' } });

/**
 * Where a run is not the paper's, beside its backbone. Of results from before they held their input, the size and K alone.
 * Reports do not show it: a run of any settings is one of DDAD.
 */
export function unlikePaper({ input, imageSize = defaultImageSize, k }: RunResult): string[] {
  const size = instead('size', imageSize, defaultImageSize);
  const members = typeof k === 'number' && typeof paper.k === 'number' ? instead('K', k, paper.k) : [];
  const parsed = input === undefined ? null : ddadSchema.safeParse(storedInput(input));
  if (parsed?.success !== true) return [...size, ...members];
  const { refiner, uncertainty, dropout, repulsion, ...own } = parsed.data;
  return [
    ...size,
    ...members,
    ...membersUnlikePaper(own),
    ...(uncertainty === paper.uncertainty || dropout === undefined ? [] : [mcDropout(dropout, refiner)]),
    ...(repulsion === undefined ? [] : [`repulsion ${repulsion}`]),
    ...(refiner === false ? [] : refinerUnlikePaper(refiner)),
  ];
}

/** Where members are trained otherwise than the paper's, whatever is made of them. */
export function membersUnlikePaper(own: MemberSettings): string[] {
  return [
    ...instead('epochs', own.epochs, paper.epochs),
    ...instead('images a step', own.batchSize, paper.batchSize),
    ...instead('learning rate', own.learningRate, paper.learningRate),
    ...instead('Adam’s β1', own.beta1, paper.beta1),
    ...instead('latent size', own.latentSize, paper.latentSize),
    ...instead('wide layer', own.wideLayer, paper.wideLayer),
    ...(own.recipe === paper.recipe ? [] : ['weights averaged over the last tenth of the epochs']),
    ...(own.precision === paper.precision ? [] : [own.precision]),
  ];
}

/** The paper (Table 6) has the passes' number alone. */
function mcDropout(
  { rate, passes, refinerPasses }: DropoutSettings,
  refiner: DdadSettings['refiner'],
): string {
  const refined = refiner === false ? '' : `, ${refinerPasses} in ASR-Net’s training`;
  return `MC Dropout (rate ${rate}, ${passes} passes${refined})`;
}

type Refiner = Exclude<typeof paper.refiner, false>;

function refinerUnlikePaper({ recipe, ...own }: Refiner): string[] {
  const theirs = paper.refiner as Refiner;
  return [
    ...instead('ASR-Net’s epochs', own.epochs, theirs.epochs),
    ...instead('ASR-Net’s images a step', own.batchSize, theirs.batchSize),
    ...instead('ASR-Net’s learning rate', own.learningRate, theirs.learningRate),
    ...instead('ASR-Net’s weight decay', own.weightDecay, theirs.weightDecay),
    ...(recipe === theirs.recipe ? [] : ['ASR-Net’s weights averaged over its steps']),
  ];
}
