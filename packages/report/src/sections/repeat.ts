import { duration, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportArtifact, ReportData } from '../report-data.ts';

/** Everything that is needed to do the run again, and to see that it was the same. */
export function repeat({ result, input, datasetDigest, artifacts }: ReportData): Html {
  return html`<section id="repeat">
  <h2>Repeat this run</h2>
  <div class="repeat">
    <div class="card"><h3>Command</h3>
      ${code('command', `npx ddad run --input run.json`)}
      <p class="caption">with this in <code>run.json</code>, and the dataset <code>${result.dataset}</code> of the digest below. Finished members are used again; in an empty store everything is made anew.</p>
      ${code('input', JSON.stringify(input, null, 2))}</div>
    <div class="card"><h3>Data and recipes</h3>
      <dl class="pairs"><div><dt>run</dt><dd><code>${result.runId}</code></dd></div>
        <div><dt>dataset</dt><dd>${result.dataset}</dd></div><div><dt>dataset digest</dt><dd><code>${datasetDigest}</code></dd></div>
        ${imageDigests(artifacts)}
        <div><dt>recipes</dt><dd>${recipes(artifacts).join(', ')}</dd></div></dl>
      <h3>Where it was made</h3>${environments(artifacts).map(
        ({ environment, made }) =>
          html`<dl class="pairs"><div><dt>what</dt><dd>${listed(made)}</dd></div>${Object.entries(environment).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
      )}
      <p class="caption">Equal bytes are promised for equal environments only.</p></div>
  </div>
  <details><summary>All keys and digests</summary>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of keys and digests">
  <table class="keys"><thead><tr><th scope="col">artifact</th><th scope="col">key</th><th scope="col">file</th><th scope="col">SHA-256</th><th scope="col" class="number">bytes</th><th scope="col" class="number">time</th></tr></thead>
    <tbody>${artifacts.flatMap(({ id, key, files, seconds }) =>
      Object.entries(files).map(
        ([file, { sha256, bytes }]) => html`
      <tr><th scope="row">${id}</th><td><code>${key}</code></td><td>${file}</td><td><code>${sha256}</code></td><td class="number">${bytes.toLocaleString('en')}</td><td class="number">${duration(seconds)}</td></tr>`,
      ),
    )}</tbody></table>
  </div></details>
  <details><summary>report.json</summary>${code('report', JSON.stringify(result, null, 2))}</details>
</section>`;
}

function code(name: string, text: string): Html {
  return html`<div class="code"><pre id="code-${name}" tabindex="0"><code>${text}</code></pre><button type="button" data-copy="code-${name}" hidden>copy</button></div>`;
}

interface Environment {
  environment: ReportArtifact['environment'];
  made: ReportArtifact[];
}

function environments(artifacts: readonly ReportArtifact[]): Environment[] {
  const groups = new Map<string, Environment>();
  for (const artifact of artifacts) {
    const { environment } = artifact;
    const identity = JSON.stringify(Object.entries(environment).sort());
    const group = groups.get(identity) ?? { environment, made: [] };
    group.made.push(artifact);
    groups.set(identity, group);
  }
  return [...groups.values()];
}

/** Names in a row, members counted. */
function listed(made: readonly ReportArtifact[]): string {
  const members = made.filter(({ member }) => member !== undefined);
  const others = made.filter(({ member }) => member === undefined).map(({ id }) => id);
  return [...(members.length === 0 ? [] : [plural(members.length, 'member')]), ...others].join(', ');
}

/** Digests of the images that decided the artifacts, each by the first artifact that its specification says it of. */
function imageDigests(artifacts: readonly ReportArtifact[]): Html[] {
  const seen = new Map<string, string>();
  for (const { id, member, spec } of artifacts) {
    const digest: unknown = 'imagesDigest' in spec ? spec.imagesDigest : undefined;
    if (typeof digest !== 'string' || seen.has(digest)) continue;
    seen.set(digest, `images of ${member === undefined ? id : member.role.toUpperCase()}`);
  }
  return [...seen].map(([digest, what]) => html`<div><dt>${what}</dt><dd><code>${digest}</code></dd></div>`);
}

/** Recipe versions by kind of artifact, where specifications say them: `members 2`. */
function recipes(artifacts: readonly ReportArtifact[]): string[] {
  const found = artifacts.flatMap(({ kind, spec }) =>
    'recipe' in spec && typeof spec.recipe === 'number' ? [`${kind} ${spec.recipe}`] : [],
  );
  return [...new Set(found)];
}
