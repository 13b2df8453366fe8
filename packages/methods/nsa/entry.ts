import type { OneStageDefinition } from '../one-stage/definition.ts';
import { oneStageEntry } from '../one-stage/one-stage-entry.ts';

/**
 * Natural synthetic anomalies (Schlüter et al., ECCV 2022), in the form that its authors take for chest X-rays, `Shift-Intensity-M`: patches
 * of another image, resized and elsewhere, blended by the stronger gradients; the label says how much a pixel has changed.
 */
export const definition: OneStageDefinition = {
  name: 'nsa',
  title: 'Natural synthetic anomalies',
  shortTitle: 'NSA',
  summary: 'A network finds patches of other images, resized, elsewhere, blended in by their gradients.',
  patches: { source: 'other', place: 'resized', blend: 'poisson', label: 'intensity' },
  recipes: { network: 1, maps: 1 },
};

export const entry = oneStageEntry(definition);
