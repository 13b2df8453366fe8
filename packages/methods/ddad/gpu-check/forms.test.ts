import { expect, it } from 'vitest';
import { advice, formName, type GpuForm, gpuForms, memberSeconds, usualForm } from './forms.ts';

const figures = (imagesPerSecond: number, startSeconds: number) => ({
  gpu: true,
  losses: [0.5],
  imagesPerSecond,
  startSeconds,
});
const [, single, , sixteen, xla] = gpuForms as [GpuForm, GpuForm, GpuForm, GpuForm, GpuForm];

it('compares whole members, with the time to compile', () => {
  // 250 epochs of 46 batches of 64 are 736,000 images.
  expect(memberSeconds(figures(10_000, 5))).toBeCloseTo(73.6 + 5, 9);
  const usual = { form: usualForm, figures: figures(10_000, 5) };
  const quickButSlowToCompile = { form: xla, figures: figures(14_000, 60) };
  expect(advice([usual, quickButSlowToCompile])).toBe(
    'The defaults are the fastest here, or within 5 % of it: nothing to set.',
  );
  expect(advice([usual, { form: xla, figures: figures(14_000, 10) }])).toBe(
    'Set STEPS_A_CALL=1 and XLA=1 for trainers: a member of 250 epochs takes some 63 s, with the defaults 79 s.',
  );
});

it('advises what can be set, and what is worth it, only', () => {
  const usual = { form: usualForm, figures: figures(10_000, 5) };
  const fed = { form: gpuForms[0]!, figures: figures(20_000, 5) };
  expect(advice([fed, usual, { form: sixteen, figures: figures(10_300, 5) }])).toMatch(/nothing to set/);
  expect(advice([fed, usual, { form: sixteen, figures: figures(12_000, 5) }])).toMatch(
    /^Set STEPS_A_CALL=16 for trainers: /,
  );
  expect(advice([usual, { form: single, figures: figures(12_000, 5) }])).toMatch(
    /^Set STEPS_A_CALL=1 for trainers: /,
  );
  expect(advice([fed])).toBe('Nothing to advise: the usual form did not train.');
});

it('names every form differently', () => {
  expect(formName(usualForm)).toBe('8 steps a call, images on the GPU');
  expect(new Set(gpuForms.map(formName)).size).toBe(gpuForms.length);
});
