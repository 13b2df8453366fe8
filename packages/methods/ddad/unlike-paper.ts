import { defaultImageSize, type RunResult } from '@ddad/contract';
import { instead } from '../instead.ts';
import { ddadSchema } from './settings.ts';

/** The paper's settings, those of its Table 2, are the defaults but for the recipes. */
const paper = ddadSchema.parse({ dataset: 'any', recipe: 'paper', refiner: { recipe: 'paper' } });

/**
 * Where a run is not the paper's, beside its backbone. Of results from before they held their input, the size and K alone.
 * Reports do not show it: a run of any settings is one of DDAD.
 */
export function unlikePaper({ input, imageSize = defaultImageSize, k }: RunResult): string[] {
  const size = instead('size', imageSize, defaultImageSize);
  const members = typeof k === 'number' && typeof paper.k === 'number' ? instead('K', k, paper.k) : [];
  const parsed = ddadSchema.safeParse(input);
  if (!parsed.success) return [...size, ...members];
  const { refiner, uncertainty, repulsion, precision, ...own } = parsed.data;
  return [
    ...size,
    ...members,
    ...instead('epochs', own.epochs, paper.epochs),
    ...instead('images a step', own.batchSize, paper.batchSize),
    ...instead('learning rate', own.learningRate, paper.learningRate),
    ...instead('latent size', own.latentSize, paper.latentSize),
    ...instead('wide layer', own.wideLayer, paper.wideLayer),
    ...(own.recipe === paper.recipe ? [] : [`members by the recipe ${own.recipe}`]),
    ...(precision === paper.precision ? [] : [precision]),
    ...(uncertainty === paper.uncertainty ? [] : ['MC Dropout']),
    ...(repulsion === undefined ? [] : [`repulsion ${repulsion}`]),
    ...(refiner === false ? [] : refinerUnlikePaper(refiner)),
  ];
}

type Refiner = Exclude<typeof paper.refiner, false>;

function refinerUnlikePaper({ recipe, ...own }: Refiner): string[] {
  const theirs = paper.refiner as Refiner;
  return [
    ...instead('ASR-Net’s epochs', own.epochs, theirs.epochs),
    ...instead('ASR-Net’s images a step', own.batchSize, theirs.batchSize),
    ...instead('ASR-Net’s learning rate', own.learningRate, theirs.learningRate),
    ...instead('ASR-Net’s weight decay', own.weightDecay, theirs.weightDecay),
    ...(recipe === theirs.recipe ? [] : [`ASR-Net by the recipe ${recipe}`]),
  ];
}
