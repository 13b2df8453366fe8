import {
  type Interval,
  type Intervals,
  likeMain,
  mainScore,
  type RunResult,
  type RunScores,
  type Separation,
  scoreWarnings,
} from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { definitionsOf, describeRun, divergedTrainings } from '@ddad/runs';
import { deviationLines } from './deviation-lines.ts';
import { duration, percent, plural } from './figures.ts';
import { gridLines } from './grid-lines.ts';
import { heldOutLines } from './held-out-lines.ts';
import { type Column, tableLines } from './table.ts';

/** `brain: K = 3, seed 0`; datasets made by a generator are called synthetic. */
export function resultHeading(result: RunResult, methods?: MethodRegistry): string {
  const dataset = result.synthetic ? `${result.dataset} (synthetic images)` : result.dataset;
  const size = result.imageSize === undefined ? '' : ` at ${result.imageSize}×${result.imageSize}`;
  return `${dataset}${size}: ${describeRun(result, methods)}, seed ${result.seed}`;
}

/**
 * A finished run's scores, and what belongs to them: AUC of all in percent, by map and by what made a number of it; then AUC and AP of
 * those like the main score. The columns without copies stand where the dataset has copies of test images among the training images.
 * @param methods whose words describe the run; those that ship unless given
 */
export function resultLines(result: RunResult, methods?: MethodRegistry): string[] {
  const lines = [resultHeading(result, methods), ''];
  const { scores, deviations } = result;
  if (deviations !== undefined) lines.push(...deviationLines(deviations), '');
  const without = result.withoutCopies;
  if (scores === null) {
    lines.push('no AUC and AP: the test images have no labels, or there are none');
  } else {
    const { intervals } = result;
    const width = intervals === undefined ? '' : `${intervals.confidence * 100} %`;
    const interval: Column[] = intervals === undefined ? [] : [{ heading: width, align: 'right' }];
    const columns: Column[] = [
      { heading: 'score' },
      { heading: 'AUC %', align: 'right' },
      ...interval,
      { heading: 'AP %', align: 'right' },
      ...interval,
    ];
    if (without) columns.push({ heading: 'AUC %*', align: 'right' }, { heading: 'AP %*', align: 'right' });
    columns.push({ heading: '' });
    const definitions = definitionsOf(result);
    const like = likeMain(definitions, scores);
    const shown = definitions.filter(({ name }) => scores[name] !== undefined);
    const rows = shown
      .filter(({ name }) => like.includes(name))
      .map(({ name, meaning }) => [
        name,
        ...(intervals === undefined ? cells(scores, name) : cellsWithIntervals(scores[name])),
        ...(without ? cells(without.scores, name) : []),
        meaning,
      ]);
    lines.push(...gridLines('AUC %', definitions, scores, ({ auc }) => percent(auc)));
    lines.push(...tableLines(columns, rows), '');
    lines.push(...shown.flatMap(({ name }) => singleNetworkLines(name, scores[name])));
    if (intervals !== undefined) lines.push(intervalLine(intervals));
    lines.push(...warningLines(result));
    if (without) {
      lines.push(
        `* without the test images that have a copy among the training images (${without.images} left)`,
      );
    }
  }
  lines.push(
    ...pixelLines(result),
    ...pathologyLines(result),
    ...heldOutLines(result),
    ...memberNotes(result),
  );
  lines.push(...(result.notes ?? []).map((note) => `note: ${note}`));
  const { total, ...stages } = result.seconds;
  const parts = Object.entries(stages).map(([name, seconds]) => `${name} ${duration(seconds)}`);
  lines.push(...memberCount(result), `time: ${duration(total ?? 0)} (${parts.join(', ')})`);
  return lines;
}

function intervalLine({ confidence, resamples, by, units }: Intervals): string {
  const drawn = by === 'image' ? 'test images' : `the ${plural(units, 'patient')} of the test images`;
  return `${confidence * 100} % intervals: ${resamples.toLocaleString('en')} resamples of ${drawn}`;
}

function warningLines(result: RunResult): string[] {
  return scoreWarnings(result).map(
    ({ title, scores, meaning }) => `warning: ${title} ${scores.join(', ')}: ${meaning}`,
  );
}

/** None of a method whose networks are no members of anything. */
function memberCount({ members }: RunResult): string[] {
  if (members.length === 0) return [];
  const reused = members.filter((member) => member.reused).length;
  const before = reused > 0 ? `, ${reused} of them finished before and reused` : '';
  return [`${plural(members.length, 'member')}${before}`];
}

/** How a score does that single networks have as well, where there are several. */
function singleNetworkLines(name: string, separation: Separation | undefined): string[] {
  const { auc, aucMean, aucStd } = separation ?? {};
  if (aucMean === undefined || aucStd === undefined || (aucStd === 0 && aucMean === auc)) return [];
  return [`${name} of each single network: AUC ${percent(aucMean)} ± ${percent(aucStd)}`];
}

/** How maps show where something is; nothing where the dataset has no masks. */
function pixelLines(result: RunResult): string[] {
  const { pixelTruth } = result;
  if (pixelTruth === undefined) return [];
  const { images, scores, falsePositiveRate } = pixelTruth;
  if (scores === null) return ['no pixel figures: the masks have no pixels of both kinds', ''];
  const heldOut = falsePositiveRate !== undefined;
  const headings = ['AUROC %', 'AP %', 'AUPRO %', 'best Dice %', ...(heldOut ? ['Dice %**'] : [])];
  const columns: Column[] = [
    { heading: 'pixels, by map of' },
    ...headings.map((heading) => ({ heading, align: 'right' as const })),
  ];
  const rows = definitionsOf(result).flatMap(({ name }) => {
    const found = scores[name];
    if (found === undefined) return [];
    const { auroc, ap, aupro, bestDice, diceAtThreshold } = found;
    const dice = diceAtThreshold === undefined ? '' : percent(diceAtThreshold);
    return [[name, ...[auroc, ap, aupro, bestDice].map(percent), ...(heldOut ? [dice] : [])]];
  });
  const left = images.withoutMask;
  return [
    ...tableLines(columns, rows),
    `of ${plural(images.masked, 'test image')} with a mask and ${plural(images.normal, 'normal one')}` +
      `${left === 0 ? '' : `; ${plural(left, 'test image')} without a mask left out`}`,
    ...(heldOut
      ? [`** above the ${percent(1 - falsePositiveRate)} % quantile of the held-out normal images' pixels`]
      : []),
    '',
  ];
}

const pathologiesShown = 20;

/** AUC and AP of the run's main score by pathology; the other scores are in report.json and on the page. */
function pathologyLines(result: RunResult): string[] {
  const { pathologies, scores } = result;
  if (pathologies === undefined || scores === null) return [];
  const main = mainScore(definitionsOf(result), scores);
  if (main === null) return [];
  const { each, normals, byRun, unnamed } = pathologies;
  const row = (name: string, images: number, seen: string, found: RunScores | null) => [
    name,
    String(images),
    seen,
    ...cells(found, main),
  ];
  const rows = each
    .slice(0, pathologiesShown)
    .map(({ name, images, seen, scores: found }) =>
      row(name, images, seen === null ? 'unknown' : seen ? 'yes' : 'no', found),
    );
  const groups = [
    { name: 'only seen ones', seen: 'yes', group: byRun.seen },
    { name: 'only unseen ones', seen: 'no', group: byRun.unseen },
  ].filter(({ group }) => group.images > 0);
  rows.push(...groups.map(({ name, seen, group }) => row(name, group.images, seen, group.scores)));
  const columns: Column[] = [
    { heading: `pathology, by ${main}` },
    { heading: 'images', align: 'right' },
    { heading: 'seen' },
    { heading: 'AUC %', align: 'right' },
    { heading: 'AP %', align: 'right' },
  ];
  const more =
    each.length > pathologiesShown ? [`and ${each.length - pathologiesShown} more pathologies`] : [];
  const nameless = unnamed > 0 ? `; ${plural(unnamed, 'abnormal image')} without a named pathology` : '';
  return [
    ...tableLines(columns, rows),
    ...more,
    `each against all ${plural(normals, 'normal test image')}${nameless}`,
    '',
  ];
}

/**
 * What did not go as planned with members: who is missing, who was trained with another seed or again, and why; and which other
 * trainings had another seed.
 */
function memberNotes({ k, kPerRole, failedMembers, members, nodes }: RunResult): string[] {
  const lines: string[] = [];
  if (kPerRole !== undefined) {
    const counts = Object.entries(kPerRole).flatMap(([role, count]) =>
      count === 0 ? [] : [`${count} ${role.toUpperCase()}`],
    );
    const wanted = typeof k === 'number' ? `, not of K = ${k} each` : '';
    lines.push(`scores are those of ${counts.join(' and ')} members${wanted}:`);
  }
  for (const { role, index, reason } of failedMembers ?? [])
    lines.push(`  ${role} ${index} failed: ${reason}`);
  for (const { role, index, seed, divergedSeed, replaced } of members) {
    if (divergedSeed !== undefined) {
      lines.push(
        `${role} ${index} diverged with seed ${divergedSeed} and was trained with seed ${seed} instead`,
      );
    }
    if (replaced !== undefined) {
      lines.push(`${role} ${index} was finished before, but damaged (${replaced}): trained again`);
    }
  }
  lines.push(...divergedTrainings({ nodes }));
  return lines;
}

function cellsWithIntervals(separation: Separation | undefined): string[] {
  if (separation === undefined) return ['', '', '', ''];
  const { auc, aucInterval, ap, apInterval } = separation;
  const between = (interval: Interval | undefined) =>
    interval === undefined ? '' : `${percent(interval.low)}–${percent(interval.high)}`;
  return [percent(auc), between(aucInterval), percent(ap), between(apInterval)];
}

function cells(scores: RunScores | null, name: string): [string, string] {
  const separation = scores?.[name];
  return separation === undefined ? ['', ''] : [percent(separation.auc), percent(separation.ap)];
}
