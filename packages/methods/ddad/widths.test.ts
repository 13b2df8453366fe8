import { paperWidths as ofModels } from '@ddad/models/architecture';
import { expect, it } from 'vitest';
import { faultsIn as faults, settingsOf as settings } from '../run-input.testing.ts';
import { ddad } from './method.ts';
import { paperWidths, specifiedWidths, widthsOf } from './widths.ts';

it("the paper's widths are those that networks have where nothing is said", () => {
  expect(paperWidths).toEqual(ofModels);
});

it('only widths that are not the paper’s are told, and a specification that tells them is refused', () => {
  expect(widthsOf({ latentSize: 16, wideLayer: 2048 })).toEqual({});
  // Settings of a run that began before there was a choice.
  expect(widthsOf({})).toEqual({});
  expect(widthsOf({ latentSize: 4, wideLayer: 1024 })).toEqual({ latentSize: 4, wideLayer: 1024 });
  expect(specifiedWidths.latentSize.safeParse(32).success).toBe(true);
  expect(specifiedWidths.latentSize.safeParse(16).success).toBe(false);
  expect(specifiedWidths.wideLayer.safeParse(2048).success).toBe(false);
});

it('sizes that no network can have are refused, all at once', () => {
  expect(faults({ latentSize: 3, wideLayer: 9000 })).toEqual([
    expect.stringMatching(/^latentSize: .*got 3$/),
    expect.stringMatching(/^wideLayer: .*got 9000$/),
  ]);
  expect(settings({ latentSize: 1024, wideLayer: 16 })).toMatchObject({ latentSize: 1024, wideLayer: 16 });
});

it('a heading tells them where they are not the paper’s', () => {
  const facts = (input: object) => ddad.facts(settings(input) as Parameters<typeof ddad.facts>[0]);
  expect(facts({})).toEqual({ backbone: 'aeu', k: 3 });
  expect(ddad.describe(facts({}))).toBe('backbone aeu, K = 3');
  expect(ddad.describe(facts({ latentSize: 32, wideLayer: 1024 }))).toBe(
    'backbone aeu, latent size 32, wide layer 1024, K = 3',
  );
});
