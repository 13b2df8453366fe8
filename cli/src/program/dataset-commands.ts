import { storeAccess } from '@ddad/platform/settings';
import type { Command } from 'commander';
import { readSettings, shapes } from '../cluster.ts';
import type { DatasetAddOptions } from '../commands/dataset-add.ts';
import type { DatasetInitOptions } from '../commands/dataset-init.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** `ddad dataset add`, `init`, `remove`, `list` and `show`. */
export function addDatasetCommands(
  program: Command,
  { screens: all, cwd }: Invocation,
  { cluster, store }: Connections,
): void {
  const dataset = program.command('dataset').description('Adds, removes, lists and shows datasets.');
  const add = dataset.command('add');
  withReadingOptions(add)
    .description(
      'Reads images and data.json of a directory and stores them under a name. Every fault is listed, and with any ' +
        'nothing is added. Copies (images with equal pixels) are a warning. A name that exists is replaced. With ' +
        '--repartition, the images that a published list names are searched below the directory, at any depth. Without ' +
        'data.json the names of folders say what images are: train/good, test/good and test/KIND; or normal/ beside others.',
    )
    .argument('<name>', 'name for the dataset: a-z, 0-9, ".", "_", "-"')
    .argument('<dir>', 'directory with images/ and data.json; with --repartition, of images')
    .option('--repartition <file>', "list of the form of data.json instead of the directory's own")
    .option('--only <glob>', 'with --repartition: search only files whose path below the directory matches')
    .option('--skip-missing', 'with --repartition: go on without the images that are not there')
    .option(
      '--image-size <pixels...>',
      'sides that the images are resized to, any of 64, 128, 224, 256 (default: 64)',
    )
    .option('--strict', 'refuse a dataset with copies')
    .option('--no-masks', 'pass over masks (masks/ beside images/, or folders of that or a like name)')
    .option('--all-copies', 'name all copies, not only those of the first 20 groups')
    .addHelpText(
      'after',
      `
data.json, forms of each part; "0" is normal, "1" abnormal:
  {"train": {"0": ["a.png", ...], "unlabeled": {"0": [...], "1": [...]}}, "test": {"0": [...], "1": [...]}}
  "unlabeled": [...] where nobody knows the labels, or left out (one-class); "test" likewise;
  "validation": {"0": [...]} may be added. Images: PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or
  NIfTI of any size; a name stands for all frames or slices of its file, NAME#3 for one.
labels.csv, header "image,pathology": what an abnormal image shows, a line each; for AUC by pathology.
patients.csv, header "image,patient", a line for every image: one patient must be in one part only. Numbers are kept.
masks/, files named as the images: where something is in test images, any value above 0; for pixel AUROC, AP, AUPRO, Dice.
--repartition: a file of the listed name, else the only image of that name with another extension.

Examples:
  $ npx ddad dataset add brain path/to/brain
  $ npx ddad dataset add chest /data/chest --strict --image-size 64 128
  $ npx ddad dataset add mr /data/mr --slices axial --every 3 --min-foreground 0.1
  $ npx ddad dataset add mr2 /data/mr2 --normal healthy --abnormal tumour cyst --split 0.2 --seed 0
  $ npx ddad dataset add chest s3://bucket/prefix      (of the cluster's own store)
  $ npx ddad dataset add rsna /data/rsna --repartition RSNA.json
  $ npx ddad dataset add lag /data/LAG --repartition LAG.json --only '**/image/*'`,
    );
  documented(
    add,
    all,
    async (
      screens,
      name: string,
      directory: string,
      options: Omit<DatasetAddOptions, 'name' | 'directory'>,
    ) => {
      const { storePlace, withFetchedFolder } = await import('../fetched-folder.ts');
      const { addDataset } = await import('../commands/dataset-add.ts');
      const addFrom = async (from: string) =>
        addDataset({ store: await store(), screens }, { name, directory: from, ...options });
      const place = storePlace(directory);
      if (place === null) return addFrom(directory);
      const { createS3Store } = await import('@ddad/storage');
      const { bucket, prefix } = place;
      const access = storeAccess(readSettings(cluster(), shapes.store));
      return withFetchedFolder({ store: createS3Store({ ...access, bucket }), prefix }, addFrom);
    },
  );

  const init = withReadingOptions(dataset.command('init'))
    .description(
      'Writes the data.json that a directory without one stands for, by the names of its folders, and labels.csv where they ' +
        'name pathologies. "ddad dataset add" then takes these files, as they are or changed by hand.',
    )
    .argument('<dir>', 'directory with folders of images')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx ddad dataset init /data/mr --normal healthy --abnormal tumour cyst',
    );
  documented(
    init,
    all,
    async (screens, directory: string, options: Omit<DatasetInitOptions, 'directory'>) => {
      const { initDataset } = await import('../commands/dataset-init.ts');
      return initDataset(screens, { directory, ...options, cwd });
    },
  );

  const remove = dataset
    .command('remove')
    .description(
      "Removes a dataset's name and its images from the store. Finished runs keep their results; one that is under way " +
        'fails, and members cannot be added to finished ones.',
    )
    .argument('<name>', 'as "ddad dataset list" lists it');
  documented(remove, all, async (screens, name: string) => {
    const { removeDatasetCommand } = await import('../commands/dataset-remove.ts');
    return removeDatasetCommand({ store: await store(), screens }, name);
  });

  documented(dataset.command('list').description('Lists the datasets.'), all, async (screens) => {
    const { listDatasetsCommand } = await import('../commands/dataset-list.ts');
    return listDatasetsCommand({ store: await store(), screens });
  });

  const show = dataset
    .command('show')
    .description(
      'Shows what a dataset holds, before anything is trained: counts, sizes and grey levels of its lists, pathologies, ' +
        'patients, copies and near-copies (by a perceptual hash) across lists, what separates the test images without a ' +
        'network, normal training images unlike the others. --out or --open also make a page with ' +
        'histograms and pictures; it holds pictures of images and their names.',
    )
    .argument('<name>', 'as "ddad dataset list" lists it')
    .option('--out <dir>', 'write NAME.html there; one that exists is replaced')
    .option('--open', 'show the page in the browser (without --out it lies in the working directory)')
    .option('--all-copies', 'name all copies, near-copies and unlike images, not only the first ones')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx ddad dataset show brain\n  $ npx ddad dataset show brain --open',
    );
  documented(
    show,
    all,
    async (screens, name: string, options: { out?: string; open?: boolean; allCopies?: boolean }) => {
      const { openFile } = await import('../open-file.ts');
      const { showDataset } = await import('../commands/dataset-show.ts');
      const deps = { store: await store(), screens, openFile };
      return showDataset(deps, { name, ...options, cwd });
    },
  );
}

/** Options of whatever reads a folder of images. */
function withReadingOptions(command: Command): Command {
  return command
    .option('--normal <dirs...>', 'folders of normal images below the directory, in place of data.json')
    .option('--abnormal <dirs...>', 'folders of abnormal images, each named as its pathology')
    .option('--unlabeled <dirs...>', 'folders of images without labels, for training')
    .option(
      '--split <share>',
      'without test images: share of the normal ones that become some (default: 0.2)',
    )
    .option('--seed <n>', 'what decides which ones do; patients and copies stay together (default: 0)')
    .option('--labels <file>', "pathologies (default: the directory's labels.csv, where there is one)")
    .option('--patients <file>', "patients (default: the directory's patients.csv, where there is one)")
    .option('--channels <n>', '1: grey, 3: red, green and blue, for methods that take colours (default: 1)')
    .option(
      '--range <from:to>',
      'values of 16-bit PNGs and TIFFs that become black and white (default: found)',
    )
    .option('--slices <axis>', 'cut NIfTI volumes into slices: axial, coronal or sagittal')
    .option('--every <n>', 'with --slices: take every n-th slice (default: 1)')
    .option(
      '--min-foreground <share>',
      'with --slices: least share of a slice that is not dark (default: 0)',
    );
}
