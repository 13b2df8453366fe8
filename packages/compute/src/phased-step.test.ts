import { describe, expect, it } from 'vitest';
import { sgd } from './optimisers/index.ts';
import { type PhasedStep, phasedStep } from './phased-step.ts';
import { type SmallPhase, smallFrozen, smallGan, smallInputs, smallStart } from './small-gan.testing.ts';
import { tf } from './tensorflow.ts';

type Change = Parameters<typeof smallGan>[0];

/** Three critic's steps, one of the generator, two of the encoder. */
const cycle: readonly SmallPhase[] = ['critic', 'critic', 'critic', 'generator', 'encoder', 'encoder'];
const at = (step: number) => cycle[step % cycle.length] as SmallPhase;

function started(change: Change = {}): PhasedStep<SmallPhase> {
  const step = phasedStep(smallGan(change));
  step.write(smallStart());
  step.writeFrozen(smallFrozen());
  return step;
}

/** Does the steps from number `from` up to `to`; @returns their figures. */
const go = (step: PhasedStep<SmallPhase>, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const name = at(from + i);
    return step.run(name, smallInputs(name, from + i));
  });

/** Values as bytes, which also tells 0 from −0. */
const bytesOf = (step: PhasedStep<SmallPhase>) =>
  new Map(
    [...step.readState().tensors].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

function using<T>(steps: PhasedStep<SmallPhase>[], use: () => T): T {
  try {
    return use();
  } finally {
    for (const step of steps) step.dispose();
  }
}

describe('a step of several phases', () => {
  it('gives the same figures and state as a graph and eagerly, over four cycles', () => {
    const tensors = tf.memory().numTensors;
    const [graph, eager] = [started(), started({ mode: 'eager' })];
    using([graph, eager], () => {
      const [a, b] = [go(graph, 0, 24), go(eager, 0, 24)];
      b.forEach(({ loss, watched }, i) => {
        expect(Math.abs(a[i]!.loss - loss), `step ${i + 1}`).toBeLessThan(1e-5);
        expect(Object.keys(a[i]!.watched)).toEqual(Object.keys(watched));
        for (const [name, value] of Object.entries(watched))
          expect(Math.abs(a[i]!.watched[name]! - value), name).toBeLessThan(1e-5);
      });
      const [first, second] = [graph.readState(), eager.readState()];
      expect(first.stepsOf).toEqual({ critic: 12, generator: 4, encoder: 8 });
      expect([...first.tensors.keys()]).toEqual([...second.tensors.keys()]);
      for (const [name, { data }] of first.tensors) {
        data.forEach((value, i) => {
          expect(Math.abs(value - second.tensors.get(name)!.data[i]!), name).toBeLessThan(1e-5);
        });
      }
    });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('tells what is to be watched, from before the update', () => {
    const step = started();
    using([step], () => {
      const [critic, , , generator] = go(step, 0, 4);
      expect(Object.keys(critic!.watched)).toEqual(['distance', 'penalty']);
      const { distance, penalty } = critic!.watched;
      expect(critic!.loss).toBeCloseTo(10 * penalty! - distance!, 5);
      expect(penalty).toBeGreaterThan(0.1);
      expect(generator!.watched).toEqual({});
    });
  });

  it.each([
    [
      'critic',
      ['d.0', 'd.1', 'critic/adam.m.d.0', 'critic/adam.v.d.0', 'critic/adam.m.d.1', 'critic/adam.v.d.1'],
    ],
    [
      'generator',
      ['g.weight', 'g.scale', 'g.mean', 'generator/sgd.momentum.g.weight', 'generator/sgd.momentum.g.scale'],
    ],
    ['encoder', ['e.0', 'encoder/rmsprop.square.e.0']],
  ] as const)('changes what phase %s trains and renews, and nothing else', (name, changed) => {
    for (const mode of ['graph', 'eager'] as const) {
      const step = started({ mode });
      using([step], () => {
        const before = bytesOf(step);
        step.run(name, smallInputs(name, 0));
        const after = bytesOf(step);
        const found = [...after].filter(([tensor, bytes]) => before.get(tensor) !== bytes);
        expect(found.map(([tensor]) => tensor).sort(), mode).toEqual([...changed].sort());
      });
    }
  });

  it('goes on bit by bit from a state after any number of steps of a cycle', () => {
    const calm = started();
    using([calm], () => {
      const expected = go(calm, 0, 12);
      const bytes = bytesOf(calm);
      const [first, second] = [started(), phasedStep(smallGan())];
      second.writeFrozen(smallFrozen());
      using([first, second], () => {
        for (let stop = 1; stop <= cycle.length; stop++) {
          first.write(smallStart());
          const figures = go(first, 0, stop);
          // Which has never run, and then is at the end of another training.
          second.writeState(first.readState());
          expect(second.steps).toBe(stop);
          expect([...figures, ...go(second, stop, 12)], `stopped after ${stop}`).toEqual(expected);
          expect(bytesOf(second), `stopped after ${stop}`).toEqual(bytes);
        }
      });
    });
  });

  it.each(['float32', 'bfloat16'] as const)(
    'does several steps of a phase in one call as it does single ones, bit by bit (%s)',
    (precision) => {
      const [single, several] = [started({ precision }), started({ precision, stepsACall: 3 })];
      using([single, several], () => {
        const expected = go(single, 0, 12);
        const figures = [0, 6].flatMap((first) =>
          (
            [
              ['critic', 3],
              ['generator', 1],
              ['encoder', 2],
            ] as const
          ).flatMap(([name, count], i) => {
            const begin = first + [0, 3, 4][i]!;
            return several.runSeveral(
              name,
              Array.from({ length: count }, (_, k) => smallInputs(name, begin + k)),
            );
          }),
        );
        expect(figures).toEqual(expected);
        expect(bytesOf(several)).toEqual(bytesOf(single));
      });
    },
  );

  it("counts a learning rate by its phase's own steps", () => {
    const rates: [string, number][] = [];
    const rate = (name: string) => (done: number) => {
      rates.push([name, done]);
      return 0.01;
    };
    const { phases } = smallGan();
    const step = started({
      phases: {
        critic: { ...phases.critic, optimiser: sgd({ learningRate: rate('critic') }) },
        generator: { ...phases.generator, optimiser: sgd({ learningRate: rate('generator') }) },
        encoder: { ...phases.encoder, optimiser: sgd({ learningRate: rate('encoder') }) },
      },
    });
    using([step], () => {
      go(step, 0, 8);
      expect(rates).toEqual([
        ['critic', 0],
        ['critic', 1],
        ['critic', 2],
        ['generator', 0],
        ['encoder', 0],
        ['encoder', 1],
        ['critic', 3],
        ['critic', 4],
      ]);
    });
  });

  it.each(['graph', 'eager'] as const)('replaces some tensors by hand and leaves all else (%s)', (mode) => {
    const step = started({ mode });
    using([step], () => {
      go(step, 0, 6);
      const before = bytesOf(step);
      step.replace(new Map([['centre', { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
      step.replace(new Map());
      const after = bytesOf(step);
      expect([...after].filter(([name, bytes]) => before.get(name) !== bytes).map(([name]) => name)).toEqual([
        'centre',
      ]);
      expect([...step.read().get('centre')!.data]).toEqual([1, 2, 3]);
      expect(step.stepsOf).toEqual({ critic: 3, generator: 1, encoder: 2 });
      expect(() => step.replace(new Map([['offset', { shape: [8], data: new Float32Array(8) }]]))).toThrow(
        'replaced weights: expected names of weights or buffers, got offset',
      );
      expect(() => step.replace(new Map([['centre', { shape: [2], data: new Float32Array(2) }]]))).toThrow(
        'replaced weights: centre: expected 3 values (3), got 2',
      );
    });
  });

  it('gives the gradients of one phase', () => {
    const [graph, eager] = [started(), started({ mode: 'eager' })];
    using([graph, eager], () => {
      const [a, b] = [graph, eager].map((step) => step.gradients('critic', smallInputs('critic', 0)));
      expect([...a!.keys()]).toEqual(['d.0', 'd.1']);
      for (const [name, { data }] of a!)
        data.forEach((value, i) => {
          expect(Math.abs(value - b!.get(name)!.data[i]!)).toBeLessThan(1e-5);
        });
      expect(graph.steps).toBe(0);
    });
  });
});
