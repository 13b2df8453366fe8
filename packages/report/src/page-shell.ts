import { Html, html } from './html.ts';
import { pageAssets } from './page-assets.ts';

export interface PageParts {
  title: string;
  /** What the bar at the top leads to. */
  sections: { id: string; title: string }[];
  content: Html;
  footer: Html;
  /** What stands outside the content: dialogs, data. */
  after: Html;
}

/** A whole page around its parts: style sheet, bar, script, and a policy that lets it load nothing and run nothing else. */
export function pageShell({ title, sections, content, footer, after }: PageParts): string {
  const { style, script, scriptHash } = pageAssets();
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en" data-scale="viridis">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<nav aria-label="Sections"><a class="brand" href="#summary">DDAD <span>report</span></a><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul>
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
