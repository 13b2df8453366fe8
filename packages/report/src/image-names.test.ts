import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { buildReport } from './build-report.ts';
import { withNames } from './image-names.ts';
import { syntheticRun } from './synthetic-run.testing.ts';

test('a page gets names only when it is asked to, and nothing of them becomes markup', async () => {
  const page = await buildReport(syntheticRun({ normal: 1, abnormal: 1, side: 8 }));
  const names = ['</script><b>a.png', '$& b.png'];
  const made = withNames(page, names);
  const namesIn = (text: string) =>
    JSON.parse(parseHTML(text).document.getElementById('image-names')!.textContent) as unknown;
  expect(namesIn(page)).toBeNull();
  expect(namesIn(made!)).toEqual(names);
  expect(made!.length - page.length).toBe(
    JSON.stringify(names).length + '\\u003c'.length * 2 - 2 - 'null'.length,
  );
});

test('a page from before there was room for names gets none', () => {
  expect(withNames('<html></html>', ['a.png'])).toBeNull();
});
