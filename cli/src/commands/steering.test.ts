import type { RunProgress } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { recordedScreens } from '../screens-for-tests.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';
import { addMembersToRun } from './add-members.ts';
import { pauseRun, resumeRun } from './pause.ts';

const entry: RunEntry = {
  kind: 'run',
  id: 'ddad-brain-1',
  executionId: 'e',
  status: 'running',
  dataset: 'brain',
  method: 'distillation',
  k: 3,
  started: new Date(0),
  closed: null,
};

/** A run that goes through these stages, one at each question. */
function runIn(stages: string[], status: RunEntry['status'] = 'running') {
  const asked: string[] = [];
  const left = [...stages];
  const progress = (stage: string): RunProgress => ({
    stage,
    stages: ['planning', 'training', 'finished'],
    input: null,
    nodes: [],
    updatedAt: null,
  });
  const runs: TemporalRuns = {
    start: () => expect.fail('started a run'),
    foresee: () => expect.fail('foresaw a run'),
    result: () => expect.fail('waited for a result'),
    startExperiment: () => expect.fail('started an experiment'),
    experimentProgress: () => expect.fail('asked for an experiment'),
    experimentResult: () => expect.fail('waited for an experiment'),
    list: () => expect.fail('listed runs'),
    requestCancel: () => expect.fail('cancelled a run'),
    forget: () => expect.fail('forgot a run'),
    underWay: () => expect.fail('asked what is under way'),
    find: async (reference) => (reference === entry.id ? { ...entry, status } : null),
    status: async () => status,
    progress: async () => progress(left.length > 1 ? left.shift()! : left[0]!),
    pause: async () => void asked.push('pause'),
    resume: async () => void asked.push('resume'),
    async addMembers(_, k) {
      asked.push(`k = ${k}`);
      return { k, added: [{ role: 'student', index: 3, seed: 1, key: 'x' }] };
    },
    close: async () => {},
  };
  return { runs, asked };
}

const options = { run: entry.id, limit: 1, interval: 1 };

describe('pause', () => {
  it('asks for it and waits until the run holds no trainer', async () => {
    const screens = recordedScreens();
    const { runs, asked } = runIn(['training', 'training', 'paused']);
    await pauseRun({ runs, screens }, options);
    expect(asked).toEqual(['pause']);
    expect(screens.out.text()).toMatch(/^ddad-brain-1 is paused; .*npx ddad resume ddad-brain-1\n$/);
  });

  it('says so where the run has not stopped in time', async () => {
    const { runs } = runIn(['training']);
    await expect(
      pauseRun({ runs, screens: recordedScreens() }, { ...options, limit: 0.01 }),
    ).rejects.toMatchObject({ exitCode: 1, message: expect.stringMatching(/is not paused after 0.01 s/) });
  });

  it.each([
    ['nobody', 'running', 2, /^no run nobody/],
    [entry.id, 'completed', 4, /^ddad-brain-1 cannot be paused: it is completed already/],
  ] as const)('refuses %s, which is %s', async (run, status, exitCode, message) => {
    const { runs, asked } = runIn(['training'], status);
    await expect(pauseRun({ runs, screens: recordedScreens() }, { ...options, run })).rejects.toMatchObject({
      exitCode,
      message: expect.stringMatching(message),
    });
    expect(asked).toEqual([]);
  });
});

it('resume has a paused run go on', async () => {
  const screens = recordedScreens();
  const { runs, asked } = runIn(['paused', 'training']);
  await resumeRun({ runs, screens }, options);
  expect(asked).toEqual(['resume']);
  expect(screens.out.text()).toBe('ddad-brain-1 goes on\n');
});

it('add-members tells which members come in addition', async () => {
  const screens = recordedScreens();
  const { runs, asked } = runIn(['training']);
  await addMembersToRun({ runs, screens }, { run: entry.id, k: 4 });
  expect(asked).toEqual(['k = 4']);
  expect(screens.out.text()).toBe('ddad-brain-1: K = 4 from now on, 1 member more (student 3)\n');
});
