import type { OneStageDefinition } from '../one-stage/definition.ts';
import { oneStageEntry } from '../one-stage/one-stage-entry.ts';

/**
 * Poisson image interpolation (Tan et al., MICCAI 2021), in NSA's code, `FPI-Poisson`: as FPI, but between the two images' gradients.
 */
export const definition: OneStageDefinition = {
  name: 'pii',
  title: 'Poisson image interpolation',
  shortTitle: 'PII',
  summary:
    'A network finds patches of other images, at the same place, blended in by their gradients times a factor.',
  patches: { source: 'other', place: 'same', blend: 'poisson', label: 'factor' },
  deviations: ['NSA’s patches and network, as in the DDAD paper, instead of PII’s one square and WideResNet'],
  recipes: { network: 1, maps: 1 },
};

export const entry = oneStageEntry(definition);
