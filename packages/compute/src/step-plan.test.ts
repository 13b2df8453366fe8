import { describe, expect, it } from 'vitest';
import { sgd } from './optimisers/index.ts';
import { phase } from './phase.ts';
import { type PhasedStep, phasedStep } from './phased-step.ts';
import { smallGan } from './small-gan.testing.ts';
import { tf } from './tensorflow.ts';

describe('a definition of phases', () => {
  const { phases } = smallGan();

  it('is refused with every fault at once', () => {
    const faulty = () =>
      phasedStep({
        ...smallGan(),
        phases: {
          critic: { ...phases.critic, trains: ['d.0', 'd.0', 'd.7'] },
          generator: { ...phases.generator, renews: ['d.1'], inputs: { centre: [3] } },
          encoder: { ...phases.encoder, trains: [] },
        },
        stepsACall: 0,
      });
    expect(faulty).toThrow(RangeError);
    expect(faulty).toThrow(
      'stepsACall: expected a whole number from 1 on, got 0; ' +
        'phase critic: trains: d.0 is there twice; phase critic: trains: expected names of weights, got d.7; ' +
        'phase generator: renews: expected names of buffers, got d.1; ' +
        'phase generator: inputs: centre is the name of a weight, buffer or frozen tensor; ' +
        'phase encoder: trains: expected at least one weight, got none; ' +
        'weights: no phase trains d.1; what never changes is frozen; ' +
        'weights: no phase trains e.0; what never changes is frozen',
    );
  });

  it('is refused where a name stands for two tensors, and where a phase has a name that a graph has no room for', () => {
    expect(() => phasedStep({ ...smallGan(), frozen: { 'd.0': [1] } })).toThrow(
      'd.0: the name of two of weights, buffers and frozen',
    );
    expect(() => phasedStep({ ...smallGan(), phases: { 'a/b': phases.critic } })).toThrow(
      'phases: expected names of letters, digits and hyphens, got "a/b"',
    );
  });

  it('says what a loss does not depend on, and which buffers it leaves out or adds', () => {
    const one = (change: Partial<Parameters<typeof phase>[0]>) =>
      phasedStep({
        weights: { a: [2], b: [2] },
        buffers: { mean: [2] },
        phases: {
          main: phase({
            trains: ['a', 'b'],
            inputs: {},
            loss: ({ a, b }) => ({ loss: tf.sum(tf.mul(a!, b!)) }),
            optimiser: sgd({ learningRate: 1 }),
            ...change,
          }),
        },
        mode: 'graph',
      });
    expect(() => one({ loss: ({ a }) => ({ loss: tf.sum(a!) }) })).toThrow(
      'loss: expected to depend on all that phase main trains, does not on b',
    );
    expect(() => one({ renews: ['mean'] })).toThrow('loss of phase main: buffers: expected mean, got none');
    expect(() =>
      one({
        loss: ({ a, b }, { mean }) => ({
          loss: tf.sum(tf.mul(a!, b!)),
          buffers: { mean: mean! },
          watched: { both: a! },
        }),
      }),
    ).toThrow(
      'loss of phase main: buffers: expected those that it renews, got mean; watched: expected scalars, got both of 2',
    );
  });

  it('names the phases there are when asked for another', () => {
    const step: PhasedStep<string> = phasedStep<string>(smallGan());
    try {
      expect(() => step.run('discriminator', {})).toThrow(
        'phase: expected one of critic, generator, encoder, got discriminator',
      );
      expect(() => step.writeState({ steps: 1, stepsOf: { critic: 1 }, tensors: new Map() })).toThrow(
        'checkpoint: expected the number of steps of each phase, got none of generator, encoder',
      );
    } finally {
      step.dispose();
    }
  });
});
