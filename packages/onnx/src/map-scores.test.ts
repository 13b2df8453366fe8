import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { GraphBuilder } from './graph-builder.ts';
import { imageLevels, mapScoresVersion, outputMap } from './map-scores.ts';
import { inlineWeights } from './weight-sinks.ts';

/** A model whose one map is the images. */
function model(side: number): Uint8Array {
  const graph = new GraphBuilder(inlineWeights);
  const grey = graph.op('Cast', [graph.input('images', 'uint8', ['N', 1, side, side])], { to: 1 });
  outputMap(graph, 'own', grey, side, imageLevels(graph, grey));
  return graph.build('pipeline', '', {});
}

it('makes the recorded graph of a map; another one is another version, or kept files would go on giving the scores of before', () => {
  const digest = createHash('sha256').update(model(64)).update(model(128)).digest('hex');
  expect({ version: mapScoresVersion, digest }).toEqual({
    version: 1,
    digest: 'e1a1044800f67c0a2787ec099e37ab3e343ebea2c7a4341e30b5fdf34f0b2ae2',
  });
});
