import type { OneStageDefinition } from '../one-stage/definition.ts';
import { oneStageEntry } from '../one-stage/one-stage-entry.ts';

/**
 * Foreign patch interpolation (Tan et al., 2020), in NSA's code: patches of another image at the same place, between the two images by a
 * factor, which is the label.
 */
export const definition: OneStageDefinition = {
  name: 'fpi',
  title: 'Foreign patch interpolation',
  shortTitle: 'FPI',
  summary:
    'A network finds patches of other images, at the same place, mixed in by a factor that it estimates.',
  patches: { source: 'other', place: 'same', blend: 'interpolate', label: 'factor' },
  deviations: ['NSA’s patches and network, as in the DDAD paper, instead of FPI’s one square and WideResNet'],
  recipes: { network: 1, maps: 1 },
};

export const entry = oneStageEntry(definition);
