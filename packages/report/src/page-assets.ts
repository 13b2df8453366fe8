import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { colourScaleStyles } from './colour-scales.ts';

// Read when it loads: else a thread and a process of its stay as long as this process, which a coordinator does for months.
process.env.ESBUILD_WORKER_THREADS = '0';
const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What a page carries beside its content: style sheet, script, and the script's hash for the content security policy. */
export interface PageAssets {
  style: string;
  script: string;
  /** As in `script-src`: `sha256-...`. */
  scriptHash: string;
}

/** Scripts in `browser/`: of reports, and of the progress pages. */
export type PageScript = 'main' | 'progress';

const made = new Map<PageScript, PageAssets>();

/** Reads and bundles this package's own style sheet and a script; once a process. */
export function pageAssets(script: PageScript = 'main'): PageAssets {
  const assets = made.get(script) ?? make(script);
  made.set(script, assets);
  return assets;
}

function make(name: PageScript): PageAssets {
  const { outputFiles } = buildSync({
    entryPoints: [beside(`browser/${name}.ts`)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const script = outputFiles[0]!.text.trim();
  if (/<\/script|<!--/i.test(script))
    throw new Error('the page script: expected nothing that ends its element');
  return {
    style: `${readFileSync(beside('page.css'), 'utf8')}\n${colourScaleStyles()}`,
    script,
    scriptHash: `sha256-${createHash('sha256').update(script).digest('base64')}`,
  };
}
