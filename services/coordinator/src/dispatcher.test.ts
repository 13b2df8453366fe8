import type { WorkerEntry } from '@ddad/contract';
import { JobError } from '@ddad/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptNumbers } from './attempts.ts';
import { cancelLimits } from './cancel-limits.ts';
import type { RunIdentity } from './dispatch/fairness.ts';
import { FakeLink, settled, trainer } from './dispatch/fake-link.testing.ts';
import type { Want } from './dispatch/shared-job.ts';
import { Dispatcher } from './dispatcher.ts';
import { ManualClock } from './manual-clock.testing.ts';

function run(id: string, startedAt = 0): RunIdentity {
  return { workflowId: id, runId: id, startedAt };
}

let clock: ManualClock;
let link: FakeLink;
let dispatcher: Dispatcher<string>;

beforeEach(() => {
  clock = new ManualClock();
  link = new FakeLink();
  dispatcher = new Dispatcher({ link, clock, nextAttempt: attemptNumbers(() => clock.now()) });
});

afterEach(async () => {
  dispatcher.close();
  await settled();
  expect(clock.pending, 'timers left behind').toBe(0);
});

function want(key: string, of: RunIdentity, order = 0, more: Partial<Want<string>> = {}) {
  return dispatcher.request({ key, job: key, run: of, order, total: 10, ...more });
}

it('gives a job that several runs want to the trace of the first that is traced and still wants it', () => {
  const trace = (id: number) => `00-${'a'.repeat(32)}-${'b'.repeat(15)}${id}-01`;
  want('shared', run('untraced'));
  const first = want('shared', run('first'), 0, { trace: trace(1) });
  want('shared', run('second'), 0, { trace: trace(2) });
  void first.cancel();
  dispatcher.setWorkers([trainer('t1')]);
  expect(link.running('shared')!.trace).toBe(trace(2));
});

describe('order', () => {
  it('keeps members waiting until a trainer comes, then goes by their order in the run', async () => {
    want('second', run('r'), 1);
    want('first', run('r'), 0);
    expect(link.keys).toEqual([]);
    dispatcher.setWorkers([trainer('t1')]);
    expect(link.keys).toEqual(['first']);
    await link.running('first')!.finish();
    expect(link.keys).toEqual(['first', 'second']);
  });

  it('gives a free trainer to the run with the fewest busy trainers, then to the oldest', async () => {
    const old = run('old', 100);
    const young = run('young', 200);
    for (const order of [0, 1, 2]) want(`young${order}`, young, order);
    for (const order of [0, 1, 2]) want(`old${order}`, old, order);
    dispatcher.setWorkers([trainer('t1'), trainer('t2'), trainer('t3')]);
    // None busy: the older run. Then the younger has fewer. Then one each: the older again.
    expect(link.keys).toEqual(['old0', 'young0', 'old1']);
    await link.running('old0')!.finish();
    // One each again.
    expect(link.keys.at(-1)).toBe('old2');
    await link.running('old1')!.finish();
    expect(link.keys.at(-1)).toBe('young1');
  });

  it('uses every slot of a trainer, counting those that its entry says are held', () => {
    for (const order of [0, 1, 2]) want(`m${order}`, run('r'), order);
    dispatcher.setWorkers([trainer('big', { slots: 3, keys: ['somebody else'] })]);
    expect(link.keys).toEqual(['m0', 'm1']);
    // The entry catches up with what was handed out: nothing is counted twice.
    dispatcher.setWorkers([trainer('big', { slots: 3, keys: ['m0', 'm1'] })]);
    expect(link.keys).toEqual(['m0', 'm1', 'm2']);
  });

  it('gives no new work to a trainer that leaves or is gone, and keeps its running job', async () => {
    const ticket = want('running', run('r'), 0);
    dispatcher.setWorkers([trainer('t1')]);
    want('waiting', run('r'), 1);
    dispatcher.setWorkers([trainer('t1', { leaving: true }), trainer('t2', { leaving: true })]);
    dispatcher.setWorkers([]);
    await link.running('running')!.finish();
    await expect(ticket.outcome).resolves.toMatchObject({ worker: 't1' });
    expect(link.keys).toEqual(['running']);
    dispatcher.setWorkers([trainer('t3')]);
    expect(link.keys).toEqual(['running', 'waiting']);
  });

  it('numbers attempts strictly upwards', async () => {
    dispatcher.setWorkers([trainer('t1', { slots: 3 })]);
    for (const order of [0, 1, 2]) want(`m${order}`, run('r'), order);
    const attempts = link.started.map(({ attempt }) => attempt);
    expect(attempts).toEqual([...new Set(attempts)].sort((a, b) => a - b));
    expect(attempts).toHaveLength(3);
  });
});

describe('single flight', () => {
  it('trains a member that two runs want once, and tells both of progress and outcome', async () => {
    dispatcher.setWorkers([trainer('t1'), trainer('t2')]);
    const seen: number[] = [];
    const a = want('shared', run('a'));
    const b = want('shared', run('b'), 0, { onProgress: ({ done }) => seen.push(done) });
    expect(link.keys).toEqual(['shared']);
    link.running('shared')!.listener.accepted('t1');
    link.running('shared')!.listener.progress({ done: 3, total: 10, loss: 0.5, imagesPerSecond: 7 });
    expect(seen).toEqual([0, 3]);
    const expected = { done: 3, total: 10, loss: 0.5, imagesPerSecond: 7, worker: 't1', state: 'running' };
    expect(a.progress()).toEqual(expected);
    expect(b.progress()).toEqual(expected);
    await link.running('shared')!.finish({ loss: 0.1 });
    await expect(a.outcome).resolves.toMatchObject({ loss: 0.1 });
    await expect(b.outcome).resolves.toMatchObject({ loss: 0.1 });
  });

  it('leaves a job to the others when one caller cancels, and stops it with the last one', async () => {
    dispatcher.setWorkers([trainer('t1')]);
    const a = want('shared', run('a'));
    const b = want('shared', run('b'));
    await a.cancel();
    expect(link.stopped).toEqual([]);
    await b.cancel();
    expect(link.stopped).toEqual([{ worker: 't1', key: 'shared', attempt: link.running('shared')!.attempt }]);
  });

  it('confirms a cancellation only once the trainer has stopped, and starts the same key anew only then', async () => {
    dispatcher.setWorkers([trainer('t1'), trainer('t2')]);
    const { promise: stopping, resolve: stop } = Promise.withResolvers<void>();
    link.onStop = () => stopping;
    const first = want('m', run('a'));
    let confirmed = false;
    const cancelling = first.cancel().then(() => {
      confirmed = true;
    });
    want('m', run('b'));
    await settled();
    expect(confirmed).toBe(false);
    expect(link.keys).toEqual(['m']);
    stop();
    await cancelling;
    expect(link.keys).toEqual(['m', 'm']);
  });

  it('confirms a cancellation within bounds when the trainer does not end the call', async () => {
    dispatcher.setWorkers([trainer('t1')]);
    const ticket = want('m', run('a'));
    link.stop = async () => {};
    const cancelling = ticket.cancel();
    await settled();
    clock.move(cancelLimits.endMs);
    await cancelling;
    expect(link.released).toEqual(['m']);
  });

  it('leaves time within the 30 s that a cancellation may take in all', () => {
    const { hearMs, stopMs, endMs } = cancelLimits;
    expect(hearMs + stopMs + endMs).toBeLessThanOrEqual(28_000);
  });

  it('cancels a waiting member without asking any trainer', async () => {
    await want('m', run('a')).cancel();
    dispatcher.setWorkers([trainer('t1')]);
    expect(link.started).toEqual([]);
    expect(link.stopped).toEqual([]);
  });

  it('lets go of a released job without stopping it', async () => {
    dispatcher.setWorkers([trainer('t1')]);
    want('m', run('a')).release();
    await settled();
    expect(link.released).toEqual(['m']);
    expect(link.stopped).toEqual([]);
  });
});

describe('refusals', () => {
  it('offers nothing to a busy trainer for 2 s, and takes that for no failure', async () => {
    dispatcher.setWorkers([trainer('t1')]);
    const ticket = want('m', run('a'));
    await link.running('m')!.fail(new JobError('busy', 'no free slot'));
    expect(ticket.progress().state).toBe('waiting');
    clock.move(1_999);
    expect(link.keys).toEqual(['m']);
    clock.move(1);
    expect(link.keys).toEqual(['m', 'm']);
    expect(link.started[1]!.attempt).toBeGreaterThan(link.started[0]!.attempt);
    await link.running('m')!.finish();
    await expect(ticket.outcome).resolves.toBeDefined();
  });

  describe('of a scorer with 2 slots, of which 20 jobs wait', () => {
    const scorer = (more: Partial<WorkerEntry> = {}) => trainer('s1', { pool: 'score', slots: 2, ...more });
    const tenSeconds = async () => {
      for (let second = 0; second < 10; second += 1) {
        clock.move(1_000);
        await settled();
      }
    };
    const twentyWait = () => {
      for (let order = 0; order < 20; order += 1) want(`job${order}`, run('r'), order);
    };

    it('do not come: it gets as many calls as it has slots', async () => {
      twentyWait();
      dispatcher.setWorkers([scorer()]);
      for (const one of link.started) one.listener.accepted('s1');
      await tenSeconds();
      expect(link.keys).toEqual(['job0', 'job1']);
      await link.running('job0')!.finish();
      expect(link.keys).toEqual(['job0', 'job1', 'job2']);
    });

    it('stay few where somebody else has its slots and its entry does not say so', async () => {
      const { run: call } = link;
      link.run = (...args) => {
        const running = call.apply(link, args);
        void link.started.at(-1)!.fail(new JobError('busy', 'all 2 slots are taken'));
        return running;
      };
      twentyWait();
      dispatcher.setWorkers([scorer()]);
      await settled();
      await tenSeconds();
      // Two at once, and again every 2 s.
      expect(link.started.length).toBe(2 * (1 + 5));
    });

    it('do not come while its entry says that somebody else has its slots', async () => {
      twentyWait();
      dispatcher.setWorkers([scorer({ keys: ['other0', 'other1'] })]);
      await tenSeconds();
      expect(link.keys).toEqual([]);
      dispatcher.setWorkers([scorer({ keys: ['other1'] })]);
      expect(link.keys).toEqual(['job0']);
    });
  });

  it('gives a member that a busy trainer refused to a free one at once', async () => {
    dispatcher.setWorkers([trainer('t1', { slots: 2 }), trainer('t2')]);
    want('m', run('a'));
    expect(link.started[0]!.worker).toBe('t1');
    await link.running('m')!.fail(new JobError('busy', 'no free slot'));
    expect(link.started[1]!.worker).toBe('t2');
  });

  it('fails a member whose trainer cannot be reached, and avoids that trainer for a while', async () => {
    dispatcher.setWorkers([trainer('dead', { slots: 2 }), trainer('t2')]);
    const ticket = want('m', run('a'));
    await link.running('m')!.fail(new JobError('failed', 'refused', { transport: true, lost: true }));
    await expect(ticket.outcome).rejects.toThrow('refused');
    want('m', run('a'));
    expect(link.running('m')!.worker).toBe('t2');
  });

  it('fails all callers of a job that failed after it was accepted, and offers its trainer the next one', async () => {
    dispatcher.setWorkers([trainer('t1')]);
    const a = want('m', run('a'));
    const b = want('m', run('b'));
    link.running('m')!.listener.accepted('t1');
    await link.running('m')!.fail(new JobError('diverged', 'loss is NaN'));
    await expect(a.outcome).rejects.toMatchObject({ kind: 'diverged' });
    await expect(b.outcome).rejects.toMatchObject({ kind: 'diverged' });
    want('next', run('a'), 1);
    expect(link.keys).toEqual(['m', 'next']);
  });
});

describe('a worker that fails', () => {
  const full = (worker: string) => new JobError('failed', `${worker}: ENOSPC: no space left on device`);
  let warnings: { worker: string; error: unknown }[];
  let setAside: { worker: string; pauses: number; cause: string; key: string }[];

  beforeEach(() => {
    dispatcher.close();
    warnings = [];
    setAside = [];
    dispatcher = new Dispatcher({
      link,
      clock,
      nextAttempt: attemptNumbers(() => clock.now()),
      onWarning: (_, { worker, error }) => warnings.push({ worker, error }),
      onSetAside: ({ worker, pauses, cause }, key) => setAside.push({ worker, pauses, cause, key }),
    });
  });

  /** Fails what `sick` has, as often as it gets something, and asks for it again a second later, as Temporal does. */
  async function failAll(sick: string): Promise<void> {
    for (;;) {
      const one = link.started.find(({ worker, key }) => worker === sick && !failed.has(`${key} ${worker}`));
      if (one === undefined) return;
      failed.add(`${one.key} ${sick}`);
      await one.fail(full(sick));
      clock.move(1000);
      want(one.key, run('r'), Number(one.key.slice(3)));
      await settled();
    }
  }
  const failed = new Set<string>();
  beforeEach(() => failed.clear());

  it('each job at once costs each at most one attempt, and has growing pauses while the other makes them all', async () => {
    const keys = Array.from({ length: 19 }, (_, order) => `job${order}`);
    keys.forEach((key, order) => void want(key, run('r'), order));
    // By the order of ids it is asked first.
    dispatcher.setWorkers([trainer('a'), trainer('b')]);
    for (let made = 0; made < keys.length; made += 1) {
      await failAll('a');
      await link.started.findLast(({ worker }) => worker === 'b')!.finish();
      // A job takes the good one two minutes.
      clock.move(120_000);
    }
    await failAll('a');
    const by = (id: string) => link.started.filter(({ worker }) => worker === id).map(({ key }) => key);
    expect([...by('b')].sort()).toEqual([...keys].sort());
    expect(new Set(by('a')).size).toBe(by('a').length);
    expect(by('a').length).toBeLessThan(8);
    expect(setAside.map(({ pauses }) => pauses)).toEqual(by('a').map((_, index) => index + 1));
    expect(setAside[0]).toMatchObject({ worker: 'a', key: 'job0', cause: full('a').message });
    expect(warnings[0]).toEqual({ worker: 'a', error: full('a') });
    expect(dispatcher.counts).toEqual({ waiting: 0, running: 0 });
  });

  it('has its job go to another at once, and gets none itself for 30 s', async () => {
    dispatcher.setWorkers([trainer('a'), trainer('b')]);
    const ticket = want('m', run('r'));
    expect(ticket.worker).toBe('a');
    await link.running('m')!.fail(full('a'));
    await expect(ticket.outcome).rejects.toThrow('ENOSPC');
    expect(ticket.worker).toBe('a');
    want('m', run('r'));
    expect(link.running('m')!.worker).toBe('b');
    want('n', run('r'), 1);
    expect(dispatcher.setAside).toMatchObject([{ worker: 'a', until: clock.now() + 30_000 }]);
    clock.move(29_999);
    expect(link.keys).toEqual(['m', 'm']);
    clock.move(1);
    expect(link.running('n')!.worker).toBe('a');
    expect(dispatcher.setAside).toEqual([]);
  });

  it('has its job wait for a busy one, but not for ever', async () => {
    dispatcher.setWorkers([trainer('a'), trainer('b')]);
    want('m', run('r'), 0);
    want('long', run('r'), 1);
    await link.running('m')!.fail(full('a'));
    want('m', run('r'), 0);
    clock.move(29_999);
    expect(link.keys).toEqual(['m', 'long']);
    clock.move(1);
    expect(link.keys).toEqual(['m', 'long', 'm']);
  });

  it('and is the only one gets its job again at once: there is nobody else', async () => {
    dispatcher.setWorkers([trainer('a')]);
    for (let n = 1; n <= 5; n += 1) {
      want('m', run('r'));
      expect(link.started).toHaveLength(n);
      await link.running('m')!.fail(full('a'));
    }
    expect(dispatcher.setAside).toEqual([]);
    expect(setAside).toEqual([]);
    expect(warnings).toHaveLength(5);
    expect(dispatcher.hasOthersThan(['a'])).toBe(false);
    // Another one comes: now there is.
    dispatcher.setWorkers([trainer('a'), trainer('c')]);
    want('m', run('r'));
    expect(link.running('m')!.worker).toBe('c');
    expect(dispatcher.setAside).toMatchObject([{ worker: 'a' }]);
    expect(dispatcher.hasOthersThan(['a'])).toBe(true);
  });

  it('is trusted again once it finishes what it is given after its pause', async () => {
    dispatcher.setWorkers([trainer('a'), trainer('b')]);
    want('m', run('r'), 0);
    want('long', run('r'), 1);
    await link.running('m')!.fail(full('a'));
    clock.move(30_000);
    want('n', run('r'), 2);
    await link.running('n')!.finish();
    want('o', run('r'), 3);
    await link.running('o')!.fail(full('a'));
    expect(setAside.map(({ worker, pauses }) => [worker, pauses])).toEqual([
      ['a', 1],
      ['a', 1],
    ]);
  });

  it('is asked after those who never failed, once its pause is over', async () => {
    dispatcher.setWorkers([trainer('a', { slots: 4 }), trainer('b')]);
    want('m', run('r'));
    await link.running('m')!.fail(full('a'));
    clock.move(30_000);
    want('n', run('r'));
    expect(link.running('n')!.worker).toBe('b');
  });

  it('is not set aside for a job that fails elsewhere as well, and that goes round all of them', async () => {
    dispatcher.setWorkers(['a', 'b', 'c'].map((id) => trainer(id)));
    for (let n = 0; n < 6; n += 1) {
      want('m', run('r'));
      const one = link.running('m')!;
      await one.fail(new JobError('failed', `${one.worker}: cannot be made`));
    }
    expect(link.started.map(({ worker }) => worker)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    expect(dispatcher.setAside).toEqual([]);
  });

  it('is not set aside for what was at fault in its job by its own word, or where the way to it broke', async () => {
    dispatcher.setWorkers([trainer('a'), trainer('b')]);
    const errors = [
      new JobError('diverged', 'loss is NaN'),
      new JobError('invalid', 'no such kind'),
      new JobError('superseded', 'a newer attempt'),
      new JobError('leaving', 'it shuts down'),
      new JobError('failed', 'refused', { transport: true, lost: true }),
    ];
    for (const [index, error] of errors.entries()) {
      want(`m${index}`, run('r'));
      await link.running(`m${index}`)!.fail(error);
      clock.move(5_000);
    }
    expect(dispatcher.setAside).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('for its job’s inputs is acquitted', async () => {
    dispatcher.setWorkers([trainer('a'), trainer('b')]);
    want('m', run('r'));
    await link.running('m')!.fail(full('a'));
    dispatcher.acquit('m');
    expect(dispatcher.setAside).toEqual([]);
  });

  it('is asked for what it holds, set aside as it is', async () => {
    dispatcher.setWorkers([trainer('a', { slots: 2 }), trainer('b')]);
    want('m', run('r'));
    await link.running('m')!.fail(full('a'));
    dispatcher.setWorkers([trainer('a', { slots: 2, keys: ['held'] }), trainer('b')]);
    want('held', run('r'), 1);
    expect(link.running('held')!.worker).toBe('a');
  });

  it('by its own checks gets no work until it says that it is fit', async () => {
    dispatcher.setWorkers([trainer('a', { unfit: 'scratch: no space left' })]);
    want('m', run('r'));
    expect(link.keys).toEqual([]);
    dispatcher.setWorkers([trainer('a')]);
    expect(link.keys).toEqual(['m']);
  });
});

describe('take-over', () => {
  it('asks the trainer that holds the key already, full as it is, before any free one', () => {
    dispatcher.setWorkers([trainer('free', { slots: 4 }), trainer('holder', { keys: ['m1'] })]);
    want('m0', run('a'), 0);
    want('m1', run('a'), 1);
    expect(link.started.map(({ worker, key }) => [worker, key])).toEqual([
      ['free', 'm0'],
      ['holder', 'm1'],
    ]);
  });

  it('leaves a job with its holder while that one shuts down', () => {
    dispatcher.setWorkers([trainer('holder', { keys: ['m'], leaving: true })]);
    want('m', run('a'));
    expect(link.started).toEqual([]);
  });
});

it('ends what still waits when it is closed, without stopping any job', async () => {
  dispatcher.setWorkers([trainer('t1')]);
  const running = want('m0', run('a'), 0);
  const waiting = want('m1', run('a'), 1);
  dispatcher.close();
  await expect(running.outcome).rejects.toMatchObject({ kind: 'leaving' });
  await expect(waiting.outcome).rejects.toMatchObject({ kind: 'leaving' });
  expect(link.released).toEqual(['m0']);
  expect(link.stopped).toEqual([]);
});
