import { artifactKey } from '@ddad/contract';
import type { FromChild, MakeTask, ToChild } from '@ddad/jobs';
import { forkChild } from '@ddad/platform';
import { expect, onTestFinished, test } from 'vitest';

const module = new URL('./small-method.testing.ts', import.meta.url).href;

/** What the process of a job has to say last. */
async function make(kind: string, spec: object, methods: string[]): Promise<FromChild | undefined> {
  const entry = new URL('./make-process.ts', import.meta.url);
  const child = forkChild<ToChild<MakeTask>, FromChild>(entry, {});
  onTestFinished(() => child.kill());
  const said: FromChild[] = [];
  child.onMessage((message) => said.push(message));
  const place = {
    pixels: null,
    index: null,
    images: [],
    directory: '/nowhere',
    checkpoint: null,
    threads: 1,
  };
  const task: MakeTask = { kind, key: artifactKey(spec), spec, inputs: {}, ...place, methods };
  child.send({ type: 'start', task, checkpointMs: 1000 });
  expect(await child.exited).toEqual({ code: 0, signal: null });
  return said.at(-1);
}

test('the maker of a method that its deployment brings makes its kind', async () => {
  expect(await make('trained-small', { loss: 0.25 }, [module])).toMatchObject({
    type: 'finished',
    loss: 0.25,
  });
});

test('a kind that every run has is made without any method', async () => {
  // It gets as far as the dataset's index, of which there is none.
  const said = await make('scored-evaluations', { sources: [] }, []);
  expect(said).toMatchObject({ type: 'failed', message: expect.stringMatching(/index/) });
});

test('a kind without a maker is said to have none', async () => {
  expect(await make('trained-forgotten', { loss: 1 }, [module])).toMatchObject({
    type: 'failed',
    kind: 'failed',
    message: expect.stringContaining(
      'kind trained-forgotten: expected a maker among those of its method, trained-small, got none',
    ),
  });
});
