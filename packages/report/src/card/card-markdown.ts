import { leastForInterval } from '@ddad/anomaly';
import type { DataPart, Interval, Rate } from '@ddad/contract';
import { percent, plural } from '../figures.ts';
import { intervalCaution } from '../interval-caution.ts';
import { markdownCode, markdownRows, markdownText } from '../markdown.ts';
import type { ModelCard } from './model-card.ts';

/** Digits of a key or digest that people read; a card holds the dataset's whole. */
const keyDigits = 12;

/** A model card as a Markdown document. */
export function cardMarkdown(card: ModelCard): string {
  const { method, dataset, runId } = card;
  const about = [`method ${method.name}`, method.settings, `seed ${card.seeds.run}`].filter(
    (part) => part !== '',
  );
  const parts = [
    `# Model card: ${markdownText(method.title)}, ${markdownText(dataset.name)}`,
    `Run \`${runId}\`: ${markdownText(about.join(', '))}. It gives ` +
      `images of ${dataset.imageSize}×${dataset.imageSize} pixels scores; the higher a score, the less the image is like the normal ones. ` +
      'Made for research; not a medical device.',
    ...bullets(method.deviations.map((text) => `Differs from its source: ${markdownText(text)}`)),
    '## Data',
    ...dataParts(card),
    '## Settings and seeds',
    ...settingParts(card),
    '## Scores',
    ...scoreParts(card),
    ...subgroupParts(card),
    ...thresholdParts(card),
    ...pixelParts(card),
    ...warningParts(card),
    '## Not tested',
    ...bullets(card.notTested.map(markdownText)),
    ...artifactParts(card),
  ];
  return `${parts.join('\n\n')}\n`;
}

function bullets(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join('\n')];
}

function dataParts({ dataset, data }: ModelCard): string[] {
  const digest = dataset.digest === null ? 'of a digest that is not known' : `digest \`${dataset.digest}\``;
  const named = `Dataset ${markdownText(dataset.name)}, ${digest}${dataset.synthetic ? '; its images were made by a generator' : ''}.`;
  if (data === null)
    return [named, 'The result is of a version before it told how many images it was made of.'];
  const cell = (value: number | undefined) => (value === undefined ? 'not known' : String(value));
  const row = (name: string, part: DataPart) => [
    name,
    String(part.images),
    part.images === 0 ? '' : cell(part.abnormal),
    part.images === 0 ? '' : cell(part.patients),
  ];
  return [
    named,
    markdownRows(
      ['', 'images', 'abnormal', 'patients'],
      [
        row('normal, trained on', data.normal),
        row(`unlabeled, ${useOfUnlabeled(data)}`, data.unlabeled),
        row('normal, held out for thresholds', data.heldOut),
        row('test', data.test),
      ],
    ),
  ];
}

/** Scores of D_u mean something beside those of held-out normal images alone. */
function useOfUnlabeled({ trainsOnUnlabeled, heldOut }: NonNullable<ModelCard['data']>): string {
  if (trainsOnUnlabeled) return 'trained on';
  return heldOut.images > 0 ? 'scored for label-free figures' : 'not used';
}

function settingParts({ input, seeds, failedMembers }: ModelCard): string[] {
  const members = seeds.members.map(({ role, index, seed, divergedSeed, key }) => [
    `${markdownText(role)} ${index}`,
    divergedSeed === undefined ? String(seed) : `${seed} (${divergedSeed} diverged)`,
    `\`${key.slice(0, keyDigits)}\``,
  ]);
  return [
    input === null
      ? 'The result is of a version before it held its input.'
      : `The whole input, which makes the same run again (\`npx ddad run --input FILE\`):\n\n${markdownCode(JSON.stringify(input, null, 2), 'json')}`,
    ...(members.length === 0 ? [] : [markdownRows(['member', 'seed', 'key'], members)]),
    ...bullets(seeds.diverged.map((text) => `${markdownText(text)}.`)),
    ...(failedMembers.length === 0
      ? []
      : [
          `Failed for good, and without a part in the scores: ${failedMembers.map(({ role, index }) => `${markdownText(role)} ${index}`).join(', ')}.`,
        ]),
  ];
}

function scoreParts({ scores, data, intervals, withoutCopies, mainScore }: ModelCard): string[] {
  if (scores === null) return ['None: the test images have no labels, or there are none.'];
  const table = markdownRows(
    ['score', 'AUC %', 'AP %', 'sensitivity at specificity %', 'specificity at sensitivity %', 'meaning'],
    scores.map(({ name, meaning, auc, ap, aucInterval, apInterval, sensitivityAt, specificityAt }) => [
      `${name === mainScore ? `**${markdownText(name)}**` : markdownText(name)}`,
      withInterval(auc, aucInterval),
      withInterval(ap, apInterval),
      rates(sensitivityAt),
      rates(specificityAt),
      markdownText(meaning),
    ]),
  );
  const { images = 0, abnormal } = data?.test ?? {};
  const caution = intervalCaution(
    Object.fromEntries(scores.map((score) => [score.name, score])),
    abnormal === undefined ? null : { abnormal, normal: images - abnormal },
  );
  const drawn =
    intervals === null
      ? []
      : [
          `In parentheses: ${intervals.confidence * 100} % intervals, ${intervals.resamples} bootstrap resamples of ` +
            `${plural(intervals.units, intervals.by === 'image' ? 'test image' : 'patient')}. Bold: the main score, which no AUC chose.${caution === null ? '' : ` ${caution}`}`,
        ];
  const copies =
    withoutCopies?.separation == null
      ? []
      : [
          `Without the test images that have a copy among the training images (${withoutCopies.images} left): ` +
            `${markdownText(mainScore ?? '')} AUC ${percent(withoutCopies.separation.auc)} %, AP ${percent(withoutCopies.separation.ap)} %.`,
        ];
  return [table, ...drawn, ...copies];
}

function withInterval(value: number, interval: Interval | undefined | null): string {
  return interval == null
    ? percent(value)
    : `${percent(value)} (${percent(interval.low)} to ${percent(interval.high)})`;
}

function rates(found: readonly Rate[] | undefined): string {
  return (found ?? []).map((rate) => `${rate.at * 100}: ${withInterval(rate.value, rate)}`).join(', ');
}

function subgroupParts({ subgroups, mainScore }: ModelCard): string[] {
  if (subgroups.length === 0) return [];
  const rows = subgroups.map(({ name, images, seen, separation, aucInterval }) => [
    markdownText(name),
    String(images),
    seen === null ? 'not known' : seen ? 'yes' : 'no',
    separation === null ? '' : withInterval(separation.auc, aucInterval),
    separation === null ? '' : percent(separation.ap),
  ]);
  return [
    '## By pathology',
    `Abnormal test images of a pathology against all normal ones, by ${markdownText(mainScore ?? '')}. In parentheses: 95 % intervals by Hanley ` +
      `and McNeil (1982), which take images for independent; of fewer than ${leastForInterval} images of a class there is none. ` +
      'AP depends on how many images there are, and compares no two rows.',
    markdownRows(['pathology', 'images', 'seen in training', 'AUC %', 'AP %'], rows),
  ];
}

function thresholdParts({ thresholds }: ModelCard): string[] {
  if (thresholds === null) return [];
  const { images, falsePositiveRate, byScore } = thresholds;
  const share = (value: number | null) => (value === null ? '' : percent(value));
  return [
    '## Thresholds',
    `From ${plural(images, 'held-out normal image')}: of new normal images of the same kind at most ${percent(falsePositiveRate)} % are expected above ` +
      'one. Rates are those of the test images.',
    markdownRows(
      ['score', 'threshold', 'sensitivity %', 'specificity %'],
      Object.entries(byScore).map(([name, { threshold, sensitivity, specificity }]) => [
        markdownText(name),
        String(threshold),
        share(sensitivity),
        share(specificity),
      ]),
    ),
  ];
}

function pixelParts({ pixels }: ModelCard): string[] {
  if (pixels.length === 0) return [];
  return [
    '## Where in the images',
    'Maps against masks, over the pixels of all test images together.',
    markdownRows(
      ['map of', 'AUROC %', 'AP %', 'AUPRO %', 'best Dice %', 'Dice by held-out images %'],
      pixels.map(({ name, auroc, ap, aupro, bestDice, diceAtThreshold }) => [
        markdownText(name),
        ...[auroc, ap, aupro, bestDice].map(percent),
        diceAtThreshold === undefined ? '' : percent(diceAtThreshold),
      ]),
    ),
  ];
}

function warningParts({ warnings }: ModelCard): string[] {
  if (warnings.length === 0) return [];
  return [
    '## Warnings',
    ...bullets(
      warnings.map(
        ({ title, scores, meaning }) => `${title} ${scores.map(markdownText).join(', ')}: ${meaning}`,
      ),
    ),
  ];
}

function artifactParts({ artifacts }: ModelCard): string[] {
  if (artifacts.length === 0) return [];
  const rows = artifacts.map(({ id, kind, key }) => [
    markdownText(id),
    kind,
    `\`${key.slice(0, keyDigits)}\``,
  ]);
  return ['## Artifacts', markdownRows(['artifact', 'kind', 'key'], rows)];
}
