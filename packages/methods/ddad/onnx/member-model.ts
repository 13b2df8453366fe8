import { factsKey, GraphBuilder, inlineWeights, type Weights } from '@ddad/onnx';
import type { Backbone } from '../settings.ts';
import type { SpecifiedWidths } from '../widths.ts';
import { addMember } from './networks.ts';

/** What a member's file says of itself. */
export interface MemberFacts extends SpecifiedWidths {
  format: 1;
  kind: 'member';
  key: string;
  backbone: Backbone;
  imageSize: number;
}

/**
 * A member as an ONNX model: `images` [N,1,H,W], 32-bit floats in [-1,1] (grey/127.5 − 1), to `reconstruction` and, of AE-U,
 * `variance`, both [N,1,H,W].
 * @param weights as the member's safetensors file holds them
 * @returns the file's content
 * @throws Error that names the tensor, where one is missing
 */
export function memberModel(facts: MemberFacts, weights: Weights): Uint8Array {
  const graph = new GraphBuilder(inlineWeights);
  const shape = ['N', 1, facts.imageSize, facts.imageSize] as const;
  const images = graph.input('images', 'float', shape);
  const { image, variance } = addMember(graph, facts, '', weights, images);
  graph.output('reconstruction', image, shape);
  if (variance !== null) graph.output('variance', variance, shape);
  return graph.build(
    'member',
    'A reconstruction network of a DDAD ensemble. images: grey values x in 0..255 as x/127.5 - 1, [N,1,H,W].',
    { [factsKey]: JSON.stringify(facts) },
  );
}
