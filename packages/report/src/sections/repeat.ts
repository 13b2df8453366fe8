import { recipes, runInputSchema } from '@ddad/contract';
import { duration, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ArtifactFacts, ReportData } from '../report-data.ts';

/** Everything that is needed to do the run again, and to see that it was the same. */
export function repeat(data: ReportData): Html {
  const { result, input, datasetDigest } = data;
  // What `addMembers` asked for later counts as asked for at once.
  const whole = JSON.stringify(runInputSchema.parse({ ...input, k: result.k }), null, 2);
  const environments = groupEnvironments(data);
  return html`<section id="repeat">
  <h2>Repeat this run</h2>
  <div class="repeat">
    <div class="card"><h3>Command</h3>
      ${code('command', `npx ddad run --input run.json`)}
      <p class="caption">with this in <code>run.json</code>, and the dataset <code>${result.dataset}</code> of the digest below. Finished members are used again; in an empty store everything is made anew.</p>
      ${code('input', whole)}</div>
    <div class="card"><h3>Data and recipes</h3>
      <dl class="pairs"><div><dt>run</dt><dd><code>${result.runId}</code></dd></div>
        <div><dt>dataset</dt><dd>${result.dataset}</dd></div><div><dt>dataset digest</dt><dd><code>${datasetDigest}</code></dd></div>
        ${imageDigests(data)}
        <div><dt>recipes</dt><dd>${Object.entries(recipesOf(data)).map(([kind, version], i) => html`${i > 0 && ', '}${kind} ${version}`)}</dd></div></dl>
      <h3>Where it was made</h3>${environments.map(
        ({ environment, names }) =>
          html`<dl class="pairs"><div><dt>what</dt><dd>${listed(names)}</dd></div>${Object.entries(environment).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
      )}
      <p class="caption">Equal bytes are promised for equal environments only.</p></div>
  </div>
  <details><summary>All keys and digests</summary>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of keys and digests">
  <table class="keys"><thead><tr><th scope="col">artifact</th><th scope="col">key</th><th scope="col">file</th><th scope="col">SHA-256</th><th scope="col" class="number">bytes</th><th scope="col" class="number">time</th></tr></thead>
    <tbody>${artifacts(data).flatMap(({ name, facts }) =>
      Object.entries(facts.files).map(
        ([file, { sha256, bytes }]) => html`
      <tr><th scope="row">${name}</th><td><code>${facts.key}</code></td><td>${file}</td><td><code>${sha256}</code></td><td class="number">${bytes.toLocaleString('en')}</td><td class="number">${duration(facts.seconds)}</td></tr>`,
      ),
    )}</tbody></table>
  </div></details>
  <details><summary>report.json</summary>${code('report', JSON.stringify(result, null, 2))}</details>
</section>`;
}

function code(name: string, text: string): Html {
  return html`<div class="code"><pre id="code-${name}" tabindex="0"><code>${text}</code></pre><button type="button" data-copy="code-${name}" hidden>copy</button></div>`;
}

function artifacts({
  result,
  members,
  refiners,
  others,
}: ReportData): { name: string; facts: ArtifactFacts }[] {
  const named = members.map((facts, i) => {
    const { role, index } = result.members[i]!;
    return { name: `member ${role} ${index}`, facts };
  });
  const nets = Object.entries(refiners).map(([name, facts]) => ({ name: `ASR-Net ${name}`, facts }));
  return [...named, ...nets, ...Object.entries(others).map(([name, facts]) => ({ name, facts }))];
}

function groupEnvironments(
  data: ReportData,
): { environment: ArtifactFacts['environment']; names: string[] }[] {
  const groups = new Map<string, { environment: ArtifactFacts['environment']; names: string[] }>();
  for (const { name, facts } of artifacts(data)) {
    const identity = JSON.stringify(Object.entries(facts.environment).sort());
    const group = groups.get(identity) ?? { environment: facts.environment, names: [] };
    group.names.push(name);
    groups.set(identity, group);
  }
  return [...groups.values()];
}

/** Names in a row, members counted. */
function listed(names: readonly string[]): string {
  const members = names.filter((name) => name.startsWith('member '));
  const others = names.filter((name) => !name.startsWith('member '));
  return [...(members.length === 0 ? [] : [plural(members.length, 'member')]), ...others].join(', ');
}

/** Digests of the images that decided the artifacts: a field of their specifications. */
function imageDigests(data: ReportData): Html[] {
  const seen = new Map<string, string>();
  const note = (what: string, facts: ArtifactFacts | undefined) => {
    const digest = (facts?.spec as { imagesDigest?: unknown } | undefined)?.imagesDigest;
    if (typeof digest === 'string' && !seen.has(what)) seen.set(what, digest);
  };
  data.members.forEach((facts, i) => {
    note(data.result.members[i]!.role === 'ndm' ? 'images of the NDM' : 'images of the UDM', facts);
  });
  note('test images', data.others.maps);
  return [...seen].map(([what, digest]) => html`<div><dt>${what}</dt><dd><code>${digest}</code></dd></div>`);
}

/** The recipes of this run's own artifacts, where they say them; else the current ones. */
function recipesOf(data: ReportData): Record<string, number> {
  const recipe = (facts: ArtifactFacts | undefined, current: number) => {
    const found = (facts?.spec as { recipe?: unknown } | undefined)?.recipe;
    return typeof found === 'number' ? found : current;
  };
  return {
    member: recipe(data.members[0], recipes.member),
    maps: recipe(data.others.maps, recipes.maps),
    refiner: recipe(data.refiners.rIntra, recipes.refiner),
  };
}
