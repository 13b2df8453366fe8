import { describeEnsemble } from '@ddad/contract';
import { duration, percent, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { mainScore, scoreNaming } from '../score-names.ts';

/** Title, the figures that matter most, and what a reader must know before trusting them. */
export function summary(data: ReportData): Html {
  const { result, test } = data;
  const oneClass = data.input.unlabeled === 0 || !result.members.some(({ role }) => role === 'udm');
  return html`<header class="summary" id="summary">
  <p class="overline">Dual-distribution discrepancy anomaly detection</p>
  <h1>${result.dataset}</h1>
  <p class="facts">backbone <b>${result.backbone}</b> · ${result.dropout === undefined ? html`K = <b>${result.k}</b>` : html`<b>${describeEnsemble(result)}</b>`}${oneClass ? ' · one-class mode' : null} · seed <b>${result.seed}</b>
    · <b>${data.input.epochs}</b> ${data.input.epochs === 1 ? 'epoch' : 'epochs'} · run <code>${result.runId}</code></p>
  ${result.synthetic && html`<p class="note"><b>Synthetic images.</b> This dataset was made by a generator; its scores say nothing about real ones.</p>`}
  ${test !== null && html`<p class="note"><b>This page holds pictures of test images.</b> Treat it as you treat the images themselves. It loads nothing from a network and sends nothing.</p>`}
  ${failures(data)}
  <dl class="tiles">${tiles(data)}</dl>
</header>`;
}

function failures({ result }: ReportData): Html | null {
  const failed = result.failedMembers ?? [];
  if (failed.length === 0) return null;
  return html`<div class="note warning"><b>${plural(failed.length, 'member')} failed for good.</b> The scores are those of the other ${result.members.length}${kept(result.kPerRole)}.
    <ul>${failed.map(({ role, index, reason }) => html`<li>${role.toUpperCase()} ${index}: ${reason}</li>`)}</ul></div>`;
}

/** `: 6 NDM and 7 UDM`. */
function kept(kPerRole: ReportData['result']['kPerRole']): string {
  if (kPerRole === undefined) return '';
  const { ndm, udm } = kPerRole;
  return `: ${ndm} NDM${udm === 0 ? '' : ` and ${udm} UDM`}`;
}

function tiles({ result, test }: ReportData): Html[] {
  const found: Html[] = [];
  const { scores } = result;
  if (scores !== null) {
    const main = mainScore(scores);
    const best = scores[main]!;
    const { symbol } = scoreNaming[main];
    found.push(
      tile(
        html`AUC of ${symbol}`,
        html`${percent(best.auc)}<small>%</small>`,
        'area under the ROC curve',
        true,
      ),
      tile(html`AP of ${symbol}`, html`${percent(best.ap)}<small>%</small>`, 'average precision', true),
    );
    if (main !== 'rec') {
      const gain = (best.auc - scores.rec.auc) * 100;
      const figure = `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(1)}`;
      found.push(
        tile(
          'against reconstruction',
          html`${figure}`,
          `points of AUC; rec of one network: ${percent(scores.rec.auc)} %`,
        ),
      );
    }
  }
  if (test !== null) {
    const abnormal = test.labels?.filter((label) => label === 1).length;
    found.push(
      tile(
        'test images',
        html`${test.copies.length.toLocaleString('en')}`,
        abnormal === undefined
          ? 'without labels'
          : `${(test.copies.length - abnormal).toLocaleString('en')} normal, ${abnormal.toLocaleString('en')} abnormal`,
      ),
    );
  }
  const { seconds } = result;
  const reused = result.members.filter((member) => member.reused).length;
  found.push(
    tile(
      'members',
      html`${result.members.length}`,
      reused === 0 ? 'all trained by this run' : `${reused} of them finished before`,
    ),
    tile(
      'time',
      html`${duration(seconds.total)}`,
      `train ${duration(seconds.train)}, maps ${duration(seconds.maps)}, refine ${duration(seconds.refine)}`,
    ),
  );
  return found;
}

function tile(name: Html | string, value: Html, detail: string, strong = false): Html {
  return html`<div class="tile${strong ? ' strong' : null}"><dt>${name}</dt><dd>${value}</dd><dd class="detail">${detail}</dd></div>`;
}
