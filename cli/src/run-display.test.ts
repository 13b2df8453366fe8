import type { JobView, RunView } from '@ddad/runs';
import { expect, it } from 'vitest';
import { plainDisplay, stageLine, terminalDisplay } from './run-display.ts';
import { recordedScreen } from './screens-for-tests.ts';
import { stageBar } from './stage-bar.ts';

const member = (name: string, changes: Partial<JobView> = {}): JobView => {
  const [role = '', index] = name.split(' ');
  return {
    id: `member ${name}`,
    key: name,
    kind: 'trained-students',
    name,
    stage: 'training',
    unit: 'epoch',
    member: { role, index: Number(index), seed: 1 },
    waitsFor: 'a trainer',
    held: false,
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
  };
};
/** A job of a stage that trains no members. */
const scoring = (id: string, changes: Partial<JobView> = {}): JobView => {
  const { member: _, ...job } = member(id, {
    id,
    stage: 'scoring',
    unit: 'image',
    waitsFor: 'a scorer',
    ...changes,
  });
  return job;
};
const view = (jobs: JobView[], changes: Partial<RunView> = {}): RunView => ({
  stage: 'training',
  within: 'training',
  stages: ['planning', 'training', 'scoring', 'polishing', 'report', 'finished'],
  deviations: [],
  jobs,
  elapsed: 5,
  imagesPerSecond: 0,
  secondsLeft: null,
  wholeLeft: null,
  ...changes,
});
const running = (name: string, done: number) => member(name, { state: 'running', done, worker: 't1' });
const finished = (name: string) => member(name, { state: 'finished', done: 40, worker: 't1', seconds: 9 });

it('redraws one line per member in place and keeps each finished one once', () => {
  const screen = recordedScreen({ isTerminal: true, columns: 80 });
  const display = terminalDisplay(screen);
  const wholeLeft = { seconds: 250, atLeast: false };
  for (let done = 0; done < 40; done++)
    display.update(view([running('stu 0', done), member('tut 0')], { wholeLeft }));
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['stu 0', 'tut 0', '✓ pla', 'about']);
  expect(screen.shown()[0]).toContain('39/40');
  // 39 of 2 * 40 epochs.
  expect(screen.shown()[2]).toBe('✓ planning ─ ██░░░░ training 48 % ─ scoring ─ polishing ─ report');
  // Of a line that is cut, the time left never is.
  expect(screen.shown()[3]).toBe(
    'about 4:10 left  0:05  training: 0 of 2 members finished, 1 training, 1 waitin…',
  );
  display.update(view([finished('stu 0'), running('tut 0', 1)], { wholeLeft }));
  display.update(view([finished('stu 0'), running('tut 0', 2)], { wholeLeft }));
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['stu 0', 'tut 0', '✓ pla', 'about']);
  display.close();
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['stu 0']);
});

it('counts the members for which the terminal has no room', () => {
  const screen = recordedScreen({ isTerminal: true, columns: 70, rows: 10 });
  const display = terminalDisplay(screen);
  const many = Array.from({ length: 30 }, (_, i) => member(`stu ${i}`));
  display.update(view([...many, running('tut 0', 3)]));
  const shown = screen.shown();
  expect(shown.length).toBeLessThan(10);
  // What trains comes first.
  expect(shown[0]).toMatch(/^tut 0 .*3\/40/);
  expect(shown.at(-3)).toBe('... and 26 more: 26 waiting');
});

it('tells of a stage that trains no members what is at work, and who the rest waits for', () => {
  const jobs = [
    finished('stu 0'),
    scoring('sums', { state: 'running', done: 10 }),
    scoring('curve'),
    scoring('more', { waitsFor: 'a trainer' }),
  ];
  const wholeLeft = { seconds: 61, atLeast: true };
  const scored = view(jobs, { stage: 'scoring', within: 'scoring', imagesPerSecond: 99.6, wholeLeft });
  expect(stageLine(scored)).toBe(
    'more than 1:01 left  0:05  scoring: 0 of 3 finished, 1 at work, 1 waiting for a scorer, ' +
      '1 waiting for a trainer, 100 images/s',
  );
  // 10 of 3 * 40 images.
  expect(stageBar(scored, 80)).toBe('✓ planning ─ ✓ training ─ ░░░░░░ scoring 8 % ─ polishing ─ report');
  expect(stageBar(scored, 40)).toBe('3/5 ░░░░░░ scoring 8 %');
});

it('calls the stages that every run has by what they do', () => {
  const at = (stage: string) => stageLine(view([], { stage, within: stage }));
  expect(at('planning')).toBe('0:05  planning');
  expect(at('report')).toBe('time left not known yet  0:05  writing the report');
  expect(at('finished')).toBe('0:05  finished');
});

it('shows a note under the rest until it is taken back', () => {
  const screen = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(screen);
  display.update(view([running('stu 0', 1)]));
  display.note('no news of the run for 9 s');
  expect(screen.shown().at(-1)).toBe('no news of the run for 9 s');
  display.note(null);
  expect(screen.shown().at(-1)).toMatch(/training/);
});

it('says something once, above what it redraws', () => {
  const screen = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(screen);
  display.update(view([running('stu 0', 1)]));
  display.say('no live figures');
  for (let done = 2; done < 5; done++) display.update(view([running('stu 0', done)]));
  expect(screen.shown()).toHaveLength(4);
  expect(screen.shown()[0]).toBe('no live figures');
});

it('leaves a member that failed on the screen', () => {
  const screen = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(screen);
  display.update(view([finished('stu 0'), member('tut 0', { state: 'failed', done: 3 })]));
  display.close();
  expect(screen.shown().map((line) => line.slice(0, 5))).toEqual(['stu 0', 'tut 0']);
  expect(screen.shown()[1]).toMatch(/failed$/);
});

it('writes a log line per member on a change of state, else every 10 s', () => {
  let now = 0;
  const screen = recordedScreen();
  const display = plainDisplay(screen, () => now);
  for (; now <= 21_000; now += 500) display.update(view([running('stu 0', Math.floor(now / 1000))]));
  display.update(view([finished('stu 0')]));
  expect(screen.shown().slice(1)).toEqual([
    'stu 0: epoch 0 of 40, on t1',
    'stu 0: epoch 10 of 40, on t1',
    'stu 0: epoch 20 of 40, on t1',
    'stu 0: finished in 0:09, on t1',
  ]);
  expect(screen.text()).not.toContain('\x1b');
});

it('says once why an attempt failed, whole, in lines of the terminal', () => {
  const trouble =
    'trainer one (127.0.0.1:1): the process was ended by signal SIGKILL; likely cause: the kernel, as memory ran out';
  const failing = [member('stu 0', { state: 'running', done: 3, worker: 'two', trouble })];
  const sentence = `stu 0: an attempt failed and is made again: ${trouble}`;
  const terminal = recordedScreen({ columns: 60, isTerminal: true });
  const shown = terminalDisplay(terminal);
  shown.update(view(failing));
  shown.update(view(failing));
  const lines = terminal.shown();
  expect(
    lines
      .slice(0, 3)
      .map((line) => line.trim())
      .join(' '),
  ).toBe(sentence);
  expect(lines.filter((line) => line.includes('SIGKILL'))).toHaveLength(1);
  const plain = recordedScreen();
  const told = plainDisplay(plain, () => 0);
  told.update(view(failing));
  told.update(view(failing));
  expect(plain.shown().filter((line) => line === sentence)).toHaveLength(1);
});

it('says of a paused run how many epochs it has kept', () => {
  const jobs = [
    member('stu 0', { held: true, done: 12 }),
    member('stu 1', { held: true }),
    finished('tut 0'),
  ];
  const paused = view(jobs, {
    stage: 'paused',
    within: 'training',
    wholeLeft: { seconds: 60, atLeast: false },
  });
  // 12 + 0 + 40 of three times 40.
  expect(stageLine(paused)).toBe(
    'about 1:00 left  0:05  paused in training: 52 of 120 epochs kept, holds no trainer; "npx ddad resume" has it go on',
  );
  const terminal = recordedScreen({ isTerminal: true });
  terminalDisplay(terminal).update(paused);
  expect(terminal.shown().find((line) => line.startsWith('stu 0'))).toMatch(/12\/40 {2}kept$/);
  expect(terminal.shown().find((line) => line.startsWith('stu 1'))).toBe('stu 1  paused');
  const log = recordedScreen();
  plainDisplay(log, () => 0).update(paused);
  expect(log.shown()).toContain('stu 0: paused, 12 of 40 epochs kept');
});

it('calls a cancelled member cancelled, and leaves on the screen what is kept of it', () => {
  const jobs = [
    member('stu 0', { state: 'cancelled', done: 12 }),
    member('stu 1', { state: 'cancelled' }),
    finished('tut 0'),
  ];
  const terminal = recordedScreen({ isTerminal: true });
  const display = terminalDisplay(terminal);
  display.update(view(jobs));
  expect(terminal.shown().at(-1)).toContain('1 of 3 members finished, 2 cancelled');
  display.close();
  expect(terminal.shown()).toEqual([
    expect.stringMatching(/^tut 0/),
    expect.stringMatching(/^stu 0.*cancelled$/),
  ]);
  expect(terminal.text()).not.toContain('failed');
  const log = recordedScreen();
  plainDisplay(log, () => 0).update(view(jobs));
  expect(log.shown().slice(1, 3)).toEqual([
    'stu 0: cancelled after 12 of 40 epochs, which are kept',
    'stu 1: cancelled',
  ]);
});

it.each([80, 40, 20, 12, 8])('keeps the time left whole in %i columns', (columns) => {
  const terminal = recordedScreen({ isTerminal: true, columns });
  const wholeLeft = { seconds: 250, atLeast: false };
  terminalDisplay(terminal).update(view([running('stu 0', 1)], { wholeLeft }));
  expect(terminal.shown().at(-1)).toMatch(/^(about )?4:10( left)?( |$|…)/);
});

it('breaks what it has to say between words where the terminal is narrower', () => {
  const screen = recordedScreen({ isTerminal: true, columns: 31 });
  const display = terminalDisplay(screen);
  display.say('differs from its source: no pretrained weights');
  expect(screen.shown()).toEqual(['differs from its source: no', 'pretrained weights']);
});
