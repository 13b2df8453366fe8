import { expect, it } from 'vitest';
import { recordedScreen } from './screens-for-tests.ts';
import { StepLine } from './step-line.ts';

it('shows how far a step is, no oftener than ten times a second and its end in any case, and goes', () => {
  const screen = recordedScreen({ isTerminal: true });
  let now = 0;
  const line = new StepLine(screen, () => now);
  line.show('reading images', 1, 40);
  expect(screen.shown()).toEqual([`reading images  ${'░'.repeat(30)}  1/40`]);
  now = 99;
  line.show('reading images', 10, 40);
  expect(screen.shown()).toEqual([`reading images  ${'░'.repeat(30)}  1/40`]);
  now = 100;
  line.show('reading images', 20, 40);
  expect(screen.shown()).toEqual([`reading images  ${'█'.repeat(15)}${'░'.repeat(15)}  20/40`]);
  line.show('reading images', 40, 40, '100 %');
  expect(screen.shown()).toEqual([`reading images  ${'█'.repeat(30)}  100 %`]);
  line.clear();
  expect(screen.shown()).toEqual([]);
});

it('writes nothing where there is no terminal', () => {
  const screen = recordedScreen();
  const line = new StepLine(screen);
  line.show('reading images', 1, 1);
  line.clear();
  expect(screen.text()).toBe('');
});
