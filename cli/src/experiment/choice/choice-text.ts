import { axisText, describeAxes } from '@ddad/contract';
import { markdownTable } from '@ddad/report/markdown';
import { inWords, percent } from '../../figures.ts';
import { spreadText } from '../table-text.ts';
import type { ChoiceReport } from './attend-choice.ts';
import type { Candidate, Choice } from './choose-run.ts';
import type { SourceDifference } from './source-differences.ts';

/** `backbone = aeu, epochs = 250 (rDual)`; the score alone where there are no axes. */
function called({ axes, score }: Pick<Candidate, 'axes' | 'score'>): string {
  const values = describeAxes(axes);
  return values === '' ? score : `${values} (${score})`;
}

/** What was chosen, how sure that is and what cannot be told apart from it, a sentence each. */
export function choiceLines({ choice, sources, leftOut }: ChoiceReport): string[] {
  const { chosen, others, images, bootstrap } = choice;
  const share = `${percent(bootstrap.confidence).replace(/\.0$/, '')} %`;
  const alike = others.filter(({ standing }) => standing?.alike);
  const unsure =
    alike.length === 0
      ? `No other can be taken for it: the ${share} interval of every difference is above 0.`
      : `Cannot be told apart from it (the ${share} interval of the difference holds 0): ${listed(alike.map(called))}.`;
  return [
    `Chosen without labels: ${called(chosen)}, label-free AUC ${spreadText(chosen.labelFree)} ` +
      `(${images.unlabeled} unlabeled against ${images.heldOut} held-out normal images${seedsText(chosen)}).`,
    ...seedLines(choice),
    ...(others.some(({ comparable }) => comparable) ? [sureText(choice), unsure] : []),
    ...incomparableLines(choice),
    ...leftOut.map(({ workflowId, reason }) => `Left out of the choice: ${workflowId}: ${reason}.`),
    ...sourceLines(choice, sources),
    ...regretLines(choice),
  ];
}

/** So many are named in a sentence; the table of results.md has all. */
const mostNamed = 8;

function listed(names: readonly string[]): string {
  const named = names.slice(0, mostNamed).join('; ');
  const more = names.length - mostNamed;
  return more > 0 ? `${named}; and ${more} more` : named;
}

function seedsText({ runs }: Candidate): string {
  return runs.length === 1 ? '' : `; mean ± standard deviation (n − 1) over ${runs.length} seeds`;
}

/** Which seeds the comparison does without. */
function seedLines({ seeds: { compared, leftOut } }: Choice): string[] {
  if (leftOut.length === 0) return [];
  const seeds = (list: readonly unknown[]) => list.map(axisText).join(', ');
  return [
    `Compared over the seeds of which every combination has a finished run: ${seeds(compared)}; without ${seeds(leftOut)}.`,
  ];
}

function sureText({ chosen, others, bootstrap }: Choice): string {
  const candidates = 1 + others.filter(({ comparable }) => comparable).length;
  const compared =
    bootstrap.compared < candidates ? `, of which the first ${bootstrap.compared} were resampled` : '';
  return (
    `It is the best of ${candidates}${compared} in ${percent(chosen.standing?.probability ?? 0)} % of ${bootstrap.resamples} resamples ` +
    `of ${bootstrap.by === 'patient' ? `these images' ${bootstrap.units} patients` : 'these images'}; another seed may move it further.`
  );
}

function incomparableLines({ chosen, others }: Choice): string[] {
  const candidates = new Set(
    [chosen, ...others].flatMap(({ score, comparable }) => (comparable ? score : [])),
  );
  const names = others
    .filter(({ comparable }) => !comparable)
    .map((one) => (candidates.has(one.score) ? called(one) : one.score));
  if (names.length === 0) return [];
  return [
    `Not chosen from: ${listed([...new Set(names)])}. Networks know by heart some of the unlabeled images that they learn from: ` +
      'without labels only scores that learned alike are compared.',
  ];
}

/** Whether unlabeled and held-out normal images differ by what may be their source. */
function sourceLines({ chosen }: Choice, sources: ChoiceReport['sources']): string[] {
  if (sources === null)
    return ['Not known: whether the images differ by their source, as the dataset has gone.'];
  const figures = (over: SourceDifference['over']) =>
    sources.flatMap((one) => (one.over === over ? `${one.of} ${percent(one.auc)}` : [])).join(', ');
  const ofFiles = figures('files');
  const files = ofFiles === '' ? '' : ` Of all unlabeled against all normal files: ${ofFiles}.`;
  const lines = [`AUC of the same without any network: ${figures('pixels')}.${files}`];
  const differing = sources.filter(({ differs }) => differs);
  if (differing.length === 0) return lines;
  const names = inWords(differing.map(({ of }) => of));
  const better = differing.some(({ auc }) => auc >= chosen.labelFree.mean)
    ? ' The chosen one does no better.'
    : '';
  return [
    ...lines,
    `warning: ${names} alone tell${differing.length === 1 ? 's' : ''} unlabeled from normal images. Where that is their ` +
      `source (scanner, site, file) and not what is wrong in them, the choice is of what tells sources apart.${better}`,
  ];
}

function regretLines({ chosen, regret }: Choice): string[] {
  if (regret === null) return [];
  const best =
    regret.regret === 0
      ? 'which is the best by labels too'
      : `the best by labels, ${called(regret)}, has ${percent(regret.best)}`;
  return [
    `With the labels of the test images, which the choice did not use: ${called(chosen)} has AUC ${percent(regret.chosen)}, ` +
      `${best}; regret ${percent(regret.regret)} points.`,
  ];
}

/** The section of results.md: the sentences, and a line a candidate. */
export function choiceSection(report: ChoiceReport, axes: readonly string[]): string[] {
  const { choice } = report;
  const candidates = [choice.chosen, ...choice.others];
  const named = axes.filter((axis) => candidates.some((one) => axis in one.axes));
  const labelled = choice.regret !== null;
  const rows = candidates.map(({ axes: values, score, runs, labelFree, standing, byLabels }) => [
    score,
    ...named.map((axis) => axisText(values[axis])),
    String(runs.length),
    spreadText(labelFree),
    standing === null ? '–' : percent(standing.probability),
    standing === null ? '–' : `${percent(standing.behind.low)} to ${percent(standing.behind.high)}`,
    ...(labelled ? [byLabels === null ? '–' : percent(byLabels)] : []),
  ]);
  return [
    '## Choice',
    choiceLines(report)
      .map((line) => `- ${line}`)
      .join('\n'),
    markdownTable(
      [
        'score',
        ...named,
        'seeds',
        'label-free AUC %',
        'best in % of resamples',
        'behind the chosen one, points',
        ...(labelled ? ['AUC % by labels (not used)'] : []),
      ],
      rows,
    ),
  ];
}
