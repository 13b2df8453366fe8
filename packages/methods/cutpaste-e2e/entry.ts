import type { OneStageDefinition } from '../one-stage/definition.ts';
import { oneStageEntry } from '../one-stage/one-stage-entry.ts';

/**
 * CutPaste (Li et al., CVPR 2021) end to end, in NSA's code, `CutPaste`: patches of the image itself, elsewhere, in the place of what was
 * there.
 */
export const definition: OneStageDefinition = {
  name: 'cutpaste-e2e',
  title: 'CutPaste, end to end',
  shortTitle: 'CutPaste (e2e)',
  summary: 'A network finds patches of the image itself that were pasted elsewhere.',
  patches: { source: 'same', place: 'shifted', blend: 'replace', label: 'changed' },
  starred: {
    patches: { source: 'other', place: 'shifted', blend: 'replace', label: 'changed' },
    deviation:
      'patches come from other images, as the DDAD paper does not say what unlabeled ones are for here',
  },
  recipes: { network: 1, maps: 1 },
};

export const entry = oneStageEntry(definition);
