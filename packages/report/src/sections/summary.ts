import { type Interval, mainScore, type RunResult } from '@ddad/contract';
import { deviationsText } from '../deviations-text.ts';
import { duration, inWords, percent, percentInterval, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { presentScores } from '../score-looks.ts';
import { warningNotes } from './score-warnings.ts';

/** Title, the figures that matter most, and what a reader must know before trusting them. */
export function summary(data: ReportData): Html {
  const { result, test, heading } = data;
  const { deviations = [] } = result;
  const epochs = trainedEpochs(data);
  return html`<header class="summary" id="summary">
  <p class="overline">${heading.title}</p>
  ${deviations.length > 0 && html`<p class="caption deviations">${deviationsText(deviations)}</p>`}
  <h1>${result.dataset}</h1>
  <p class="facts"><b>${heading.run}</b>${!data.trainsOnUnlabeled && ' · one-class mode: trained on normal images alone'} · seed <b>${result.seed}</b>
    ${epochs > 0 && html`· <b>${epochs.toLocaleString('en')}</b> ${epochs === 1 ? 'epoch' : 'epochs'} `}· run <code>${result.runId}</code></p>
  ${result.synthetic && html`<p class="note"><b>Synthetic images.</b> This dataset was made by a generator; its scores say nothing about real ones.</p>`}
  ${test !== null && html`<p class="note"><b>This page holds pictures of test images.</b> Treat it as you treat the images themselves. It loads nothing from a network and sends nothing.</p>`}
  ${failures(result)}
  ${mainWarnings(data)}
  <dl class="tiles">${[...scoreTiles(data), ...testTile(data), ...workTiles(data)]}</dl>
</header>`;
}

/** What makes the run's main score doubtful; others are warned of beside their figures. */
function mainWarnings({ result, definitions }: ReportData): Html[] {
  const main = mainScore(definitions, result.scores ?? {});
  return warningNotes(result, ['inverted', 'chance', 'blind'], (name) => name === main);
}

/** How long members were trained; 0 where they do not say. */
function trainedEpochs({ artifacts }: ReportData): number {
  const members = artifacts.filter(({ member }) => member !== undefined);
  return members.reduce((most, { history }) => Math.max(most, history?.length ?? 0), 0);
}

function failures({ failedMembers: failed = [], members, kPerRole }: RunResult): Html | null {
  if (failed.length === 0) return null;
  return html`<div class="note warning"><b>${plural(failed.length, 'member')} failed for good.</b> The scores are those of the other ${members.length}${kept(kPerRole)}.
    <ul>${failed.map(({ role, index, reason }) => html`<li>${role.toUpperCase()} ${index}: ${reason}</li>`)}</ul></div>`;
}

/** How many members of each role are left: `: 6 A and 7 B`. */
function kept(kPerRole: RunResult['kPerRole']): string {
  const present = Object.entries(kPerRole ?? {}).filter(([, count]) => count > 0);
  if (present.length === 0) return '';
  return `: ${inWords(present.map(([role, count]) => `${count} ${role.toUpperCase()}`))}`;
}

/** The main score, and what it gains over the simplest one, which is defined first. */
function scoreTiles({ result: { scores }, definitions }: ReportData): Html[] {
  if (scores === null) return [];
  const shown = presentScores(definitions, scores);
  const [first] = shown;
  const main = shown.find(({ name }) => name === mainScore(definitions, scores));
  const best = main && scores[main.name];
  if (main === undefined || best === undefined || first === undefined) return [];
  const { symbol } = main;
  const between = (what: string, interval: Interval | undefined) =>
    interval === undefined ? what : `${percentInterval(interval)}\u00a0%; ${what}`;
  const tiles = [
    tile(
      html`AUC of ${symbol}`,
      html`${percent(best.auc)}<small>%</small>`,
      between('area under the ROC curve', best.aucInterval),
      true,
    ),
    tile(
      html`AP of ${symbol}`,
      html`${percent(best.ap)}<small>%</small>`,
      between('average precision', best.apInterval),
      true,
    ),
  ];
  const simplest = scores[first.name];
  if (first.name !== main.name && simplest !== undefined) {
    const gain = (best.auc - simplest.auc) * 100;
    const figure = `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(1)}`;
    const detail = `points of AUC; ${first.name}: ${percent(simplest.auc)}\u00a0%`;
    tiles.push(tile(html`against ${first.symbol}`, html`${figure}`, detail));
  }
  return tiles;
}

function testTile({ test }: ReportData): Html[] {
  if (test === null) return [];
  const count = test.copies.length;
  const abnormal = test.labels?.filter((label) => label === 1).length;
  const detail =
    abnormal === undefined
      ? 'without labels'
      : `${(count - abnormal).toLocaleString('en')} normal, ${abnormal.toLocaleString('en')} abnormal`;
  return [tile('test images', html`${count.toLocaleString('en')}`, detail)];
}

/** Parts of a run's time that are no stage of its method. */
const otherTimes = ['plan', 'report', 'total'];

function workTiles({ result: { members, seconds }, stages }: ReportData): Html[] {
  const reused = members.filter((member) => member.reused).length;
  const names = stages ?? Object.keys(seconds).filter((name) => !otherTimes.includes(name));
  const times = names.flatMap((name) => {
    const time = seconds[name];
    return time === undefined ? [] : [`${name} ${duration(time)}`];
  });
  const { total } = seconds;
  return [
    ...(members.length === 0
      ? []
      : [
          tile(
            'members',
            html`${members.length}`,
            reused === 0 ? 'all trained by this run' : `${reused} of them finished before`,
          ),
        ]),
    ...(total === undefined ? [] : [tile('time', html`${duration(total)}`, times.join(', '))]),
  ];
}

function tile(name: Html | string, value: Html, detail: string, strong = false): Html {
  return html`<div class="tile${strong ? ' strong' : null}"><dt>${name}</dt><dd>${value}</dd><dd class="detail">${detail}</dd></div>`;
}
