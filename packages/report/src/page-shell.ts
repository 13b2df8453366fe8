import { Html, html } from './html.ts';
import { type PageScript, pageAssets } from './page-assets.ts';

export interface PageParts {
  title: string;
  /** What the bar at the top leads to. */
  sections: { id: string; title: string }[];
  content: Html;
  footer: Html;
  /** What stands outside the content: dialogs, data. */
  after: Html;
  /** Which script it runs; that of reports unless given. */
  script?: PageScript;
  /** Leads to the beginning; `#summary` unless given. */
  home?: { href: string; name: string };
}

/** What a page with a script may do: load nothing, and run nothing but that script. */
export function contentPolicy(script: PageScript = 'main'): string {
  const { scriptHash } = pageAssets(script);
  // The progress page follows its server.
  const connect = script === 'progress' ? " connect-src 'self';" : '';
  return `default-src 'none'; img-src data:;${connect} style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
}

/** A whole page around its parts: style sheet, bar, script, and a policy that lets it load nothing and run nothing else. */
export function pageShell(parts: PageParts): string {
  const { title, sections, content, footer, after, home = { href: '#summary', name: 'report' } } = parts;
  const { style, script } = pageAssets(parts.script);
  return html`<!doctype html>
<html lang="en" data-scale="viridis">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(parts.script)}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<nav aria-label="Sections"><a class="brand" href="${home.href}">DDAD <span>${home.name}</span></a><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul>
  <label class="theme" hidden>Theme <select id="theme"><option value="">system</option><option>light</option><option>dark</option></select></label></nav>
<main id="main">
${content}
</main>
<footer>${footer}</footer>
${after}
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}
