import { expect, it } from 'vitest';
import { layoutFaults, type PretrainedWeights, pretrainedSchema } from './weights.ts';

const wanted: PretrainedWeights = {
  path: 'pretrained',
  name: 'mine',
  layout: {
    network: 'a small network',
    tensors: { 'conv.weight': [4, 1, 3, 3], 'norm.bias': [4] },
    passes: /^fc\./,
  },
};

it('weights of the layout that a network takes have no fault, whatever else it has a use for elsewhere', () => {
  const tensors = { 'norm.bias': [4], 'conv.weight': [4, 1, 3, 3], 'fc.weight': [1000, 4] };
  expect(layoutFaults(wanted, tensors)).toEqual([]);
});

it('every tensor that is missing, of another shape or of another network is a fault', () => {
  const tensors = { 'conv.weight': [4, 3, 3, 3], 'layer9.weight': [2] };
  expect(layoutFaults(wanted, tensors).map(({ message }) => message)).toEqual([
    'weights mine: tensor conv.weight: expected [4, 1, 3, 3] for a small network, got [4, 3, 3, 3]',
    'weights mine: tensor norm.bias: expected [4] for a small network, got none',
    'weights mine: tensor layer9.weight: expected none of this name for a small network, got [2]',
  ]);
});

it('a name of weights is one that object keys can carry, or null for none', () => {
  expect(pretrainedSchema.safeParse(null).success).toBe(true);
  expect(pretrainedSchema.safeParse('resnet18-imagenet').success).toBe(true);
  for (const name of ['', '../x', 'A', 3]) expect(pretrainedSchema.safeParse(name).success).toBe(false);
});
