import { describeEnsemble, mainScore, type RunResult, type RunScores, scoreNames } from '@ddad/contract';
import { duration, percent, plural } from './figures.ts';
import { heldOutLines } from './held-out-lines.ts';
import { type Column, tableLines } from './table.ts';

/** What a score is, for readers of the table. */
const meaning: Record<(typeof scoreNames)[number], string> = {
  rec: 'reconstruction error of one NDM member',
  recEnsemble: 'reconstruction error of the NDM ensemble',
  aIntra: 'intra-discrepancy: spread of the NDM members',
  aInter: 'inter-discrepancy: UDM against NDM ensemble',
  rIntra: 'ASR-Net on aIntra',
  rDual: 'ASR-Net on aIntra and aInter',
};

/** With MC Dropout; `rec` is the network without it. */
const meaningOfPasses: Partial<typeof meaning> = {
  rec: 'reconstruction error of the NDM without dropout',
  recEnsemble: "reconstruction error of the mean over the NDM's passes",
  aIntra: "intra-discrepancy: spread of the NDM's passes",
  aInter: "inter-discrepancy: means of the UDM's against the NDM's passes",
};

/** `ddad-brain-1 on brain: AE, K = 3, seed 0`; datasets made by a generator are called synthetic. */
export function resultHeading(result: RunResult): string {
  const dataset = result.synthetic ? `${result.dataset} (synthetic images)` : result.dataset;
  const size = result.imageSize === undefined ? '' : ` at ${result.imageSize}×${result.imageSize}`;
  return `${dataset}${size}: backbone ${result.backbone}, ${describeEnsemble(result)}, seed ${result.seed}`;
}

/**
 * A finished run's scores as a table, AUC and AP in percent, and what belongs to it. The columns without copies
 * stand where the dataset has copies of test images among the training images.
 */
export function resultLines(result: RunResult): string[] {
  const lines = [resultHeading(result), ''];
  const without = result.withoutCopies;
  if (result.scores === null) {
    lines.push('no AUC and AP: the test images have no labels, or there are none');
  } else {
    const columns: Column[] = [
      { heading: 'score' },
      { heading: 'AUC %', align: 'right' },
      { heading: 'AP %', align: 'right' },
    ];
    if (without) columns.push({ heading: 'AUC %*', align: 'right' }, { heading: 'AP %*', align: 'right' });
    columns.push({ heading: '' });
    const rows = scoreNames
      .filter((name) => result.scores?.[name] !== undefined)
      .map((name) => [
        name,
        ...cells(result.scores, name),
        ...(without ? cells(without.scores, name) : []),
        (result.dropout && meaningOfPasses[name]) ?? meaning[name],
      ]);
    lines.push(...tableLines(columns, rows), '');
    const { aucMean, aucStd } = result.scores.rec;
    const ndm = result.kPerRole?.ndm ?? result.k;
    if (ndm > 1) lines.push(`rec over all ${ndm} NDM members: AUC ${percent(aucMean)} ± ${percent(aucStd)}`);
    if (without) {
      lines.push(
        `* without the test images that have a copy among the training images (${without.images} left)`,
      );
    }
  }
  lines.push(...pathologyLines(result), ...heldOutLines(result), ...memberNotes(result));
  const reused = result.members.filter((member) => member.reused).length;
  const { seconds } = result;
  lines.push(
    `${plural(result.members.length, 'member')}${reused > 0 ? `, ${reused} of them finished before and reused` : ''}`,
    `time: ${duration(seconds.total)} (plan ${duration(seconds.plan)}, train ${duration(seconds.train)}, ` +
      `maps ${duration(seconds.maps)}, refine ${duration(seconds.refine)}, report ${duration(seconds.report)})`,
  );
  return lines;
}

const pathologiesShown = 20;

/** AUC and AP of the run's main score by pathology; the other scores are in report.json and on the page. */
function pathologyLines({ pathologies, scores }: RunResult): string[] {
  if (pathologies === undefined || scores === null) return [];
  const main = mainScore(scores);
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
    { heading: 'in D_u' },
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

/** What did not go as planned with members: who is missing, who was trained with another seed or again, and why. */
function memberNotes({ k, kPerRole, failedMembers, members }: RunResult): string[] {
  const lines: string[] = [];
  if (kPerRole !== undefined) {
    const roles = kPerRole.udm === 0 ? (['ndm'] as const) : (['ndm', 'udm'] as const);
    const counts = roles.map((role) => `${kPerRole[role]} ${role.toUpperCase()}`).join(' and ');
    lines.push(`scores are those of ${counts} members, not of K = ${k} each:`);
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
  return lines;
}

function cells(scores: RunScores | null, name: keyof RunScores): [string, string] {
  const separation = scores?.[name];
  return separation === undefined ? ['', ''] : [percent(separation.auc), percent(separation.ap)];
}
