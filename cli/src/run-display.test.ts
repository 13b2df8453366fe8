import type { JobView, RunView } from '@ddad/runs';
import { expect, it } from 'vitest';
import { plainDisplay, terminalDisplay } from './run-display.ts';
import { recordedScreen } from './screens-for-tests.ts';

const member = (name: string, changes: Partial<JobView> = {}): JobView => ({
  key: name,
  name,
  unit: 'epoch',
  waitsFor: 'a trainer',
  done: 0,
  total: 40,
  loss: null,
  imagesPerSecond: 0,
  worker: null,
  state: 'waiting',
  secondsLeft: null,
  seconds: null,
  reused: false,
  losses: [],
  ...changes,
});
const view = (members: JobView[], changes: Partial<RunView> = {}): RunView => ({
  stage: 'training',
  members,
  others: [],
  within: 'training',
  elapsed: 5,
  imagesPerSecond: 0,
  secondsLeft: null,
  ...changes,
});
const running = (name: string, done: number) => member(name, { state: 'running', done, worker: 't1' });
const finished = (name: string) => member(name, { state: 'finished', done: 40, worker: 't1', seconds: 9 });

it('redraws one line per member in place and keeps each finished one once', () => {
  const screen = recordedScreen({ isTerminal: true, columns: 80 });
  const display = terminalDisplay(screen);
  for (let done = 0; done < 40; done++) display.update(view([running('ndm 0', done), member('udm 0')]));
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['ndm 0', 'udm 0', '✓ pla', '0:05 ']);
  expect(screen.shown()[0]).toContain('39/40');
  // 39 of 2 * 40 epochs.
  expect(screen.shown()[2]).toBe('✓ planning ─ ██░░░░ training 48 % ─ maps ─ refining ─ report');
  expect(screen.shown()[3]).toBe(
    '0:05  training: 0 of 2 members finished, 1 training, 1 waiting for a trainer',
  );
  display.update(view([finished('ndm 0'), running('udm 0', 1)]));
  display.update(view([finished('ndm 0'), running('udm 0', 2)]));
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['ndm 0', 'udm 0', '✓ pla', '0:05 ']);
  display.close();
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['ndm 0']);
});

it('counts the members for which the terminal has no room', () => {
  const screen = recordedScreen({ isTerminal: true, columns: 70, rows: 10 });
  const display = terminalDisplay(screen);
  const many = Array.from({ length: 30 }, (_, i) => member(`ndm ${i}`));
  display.update(view([...many, running('udm 0', 3)]));
  const shown = screen.shown();
  expect(shown.length).toBeLessThan(10);
  // What trains comes first.
  expect(shown[0]).toMatch(/^udm 0 .*3\/40/);
  expect(shown.at(-3)).toBe('... and 26 more: 26 waiting');
});

it('shows a note under the rest until it is taken back', () => {
  const screen = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(screen);
  display.update(view([running('ndm 0', 1)]));
  display.note('no news of the run for 9 s');
  expect(screen.shown().at(-1)).toBe('no news of the run for 9 s');
  display.note(null);
  expect(screen.shown().at(-1)).toMatch(/training/);
});

it('says something once, above what it redraws', () => {
  const screen = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(screen);
  display.update(view([running('ndm 0', 1)]));
  display.say('no live figures');
  for (let done = 2; done < 5; done++) display.update(view([running('ndm 0', done)]));
  expect(screen.shown()).toHaveLength(4);
  expect(screen.shown()[0]).toBe('no live figures');
});

it('leaves a member that failed on the screen', () => {
  const screen = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(screen);
  display.update(view([finished('ndm 0'), member('udm 0', { state: 'failed', done: 3 })]));
  display.close();
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['ndm 0', 'udm 0']);
  expect(screen.shown()[1]).toMatch(/failed$/);
});

it('writes a log line per member on a change of state, else every 10 s', () => {
  let now = 0;
  const screen = recordedScreen();
  const display = plainDisplay(screen, () => now);
  for (; now <= 21_000; now += 500) display.update(view([running('ndm 0', Math.floor(now / 1000))]));
  display.update(view([finished('ndm 0')]));
  expect(screen.shown().slice(1)).toEqual([
    'ndm 0: epoch 0 of 40, on t1',
    'ndm 0: epoch 10 of 40, on t1',
    'ndm 0: epoch 20 of 40, on t1',
    'ndm 0: finished in 0:09, on t1',
  ]);
  expect(screen.text()).not.toContain('\x1b');
});
