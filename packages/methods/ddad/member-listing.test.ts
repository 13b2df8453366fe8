import { expect, it } from 'vitest';
import { type MemberSpec, memberKind, recipes } from './kinds.ts';

it('a member is listed by role, backbone, seed and epochs', () => {
  const spec: MemberSpec = {
    recipe: recipes.member.ae,
    backbone: 'ae',
    role: 'udm',
    seed: 7,
    epochs: 9,
    batchSize: 4,
    learningRate: 1e-3,
    imagesDigest: '0'.repeat(64),
    imageSize: 64,
  };
  expect(memberKind.listing?.fields).toEqual(['role', 'backbone', 'seed', 'epochs']);
  expect(memberKind.listing?.describe(memberKind.schema.parse(spec))).toBe('ae udm, 9 epochs');
  expect(memberKind.listing?.describe({ ...spec, latentSize: 4 })).toBe('ae udm, latent size 4, 9 epochs');
  expect(memberKind.listing?.describe({ ...spec, steady: recipes.steadyMember })).toBe(
    'ae udm, 9 epochs, steady',
  );
  const repulsion = { recipe: recipes.repulsion, weight: 1, earlier: ['1'.repeat(64)] };
  expect(memberKind.listing?.describe({ ...spec, repulsion })).toBe('ae udm, 9 epochs, away from 1 others');
});
