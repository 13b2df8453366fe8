import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('assets of a page are made without a process or a thread that stays', () => {
  const module = new URL('page-assets.ts', import.meta.url);
  // A process ends by itself once nothing of it is left but what it forgot; children are looked for before.
  const program = `
    import { readdirSync, readFileSync } from 'node:fs';
    const { pageAssets } = await import('${module}');
    pageAssets();
    const children = () => readdirSync('/proc/self/task').flatMap((thread) =>
      readFileSync('/proc/self/task/' + thread + '/children', 'utf8').split(' ').filter(Boolean));
    const giveUpAt = performance.now() + 10_000;
    while (children().length > 0 && performance.now() < giveUpAt) await new Promise((go) => setTimeout(go, 20));
    console.log(children().length);
  `;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  expect(said).toBe('0\n');
});
