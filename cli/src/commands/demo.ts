import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { writePhantom } from '@ddad/dataset';
import type { RunDeps } from '../attend-run.ts';
import { plural } from '../figures.ts';
import { tryDirectory } from '../output-place.ts';
import { mergeRunInput } from '../run-input.ts';
import { addDataset } from './dataset-add.ts';
import { demoSettings } from './demo-settings.ts';
import { nothingStarted, reportDirectory, startRun } from './run.ts';

/**
 * `ddad demo`: makes the phantom dataset, adds it, and does a run with reduced epochs. Members that an earlier demo
 * finished are used again.
 * @param deps.home home of the local cluster: images and reports go there
 */
export async function runDemo(
  deps: RunDeps & { newRunName: () => string; home: string },
): Promise<RunResult> {
  const { home, screens, interruption } = deps;
  interruption.means(nothingStarted);
  const { dataset, phantom, run } = demoSettings;
  await tryDirectory('DDAD_HOME', join(home, 'reports'));
  const directory = join(home, 'phantom');
  const images =
    phantom.train +
    phantom.unlabeledNormal +
    phantom.unlabeledAbnormal +
    phantom.testNormal +
    phantom.testAbnormal;
  screens.err.write(
    `making ${images} synthetic images (brain-like slices, seed ${phantom.seed}) in ${directory}\n`,
  );
  // What an interrupted or older demo left would be taken for images of this one.
  await rm(directory, { recursive: true, force: true });
  await writePhantom(directory, phantom);
  interruption.check();
  const quiet = { out: screens.err, err: screens.err };
  await addDataset({ store: deps.store(), screens: quiet }, { name: dataset, directory });
  const { k, epochs, batchSize, learningRate, refiner } = run;
  screens.err.write(
    `a short run: K = ${k}, ${epochs} epochs in batches of ${batchSize}, learning rate ${learningRate}; ` +
      `ASR-Net ${refiner.epochs} epochs, learning rate ${refiner.learningRate}; "npx ddad run" trains for longer\n`,
  );
  const result = await startRun(deps, mergeRunInput(deps.methods, { dataset, ...run }, {}), {
    out: (runId) => reportDirectory(home, runId),
  });
  const reused = result.members.filter((member) => member.reused).length;
  if (reused > 0) {
    screens.out.write(
      `${plural(reused, 'member')} of an earlier demo served again: same images, settings and seed\n`,
    );
  }
  return result;
}
