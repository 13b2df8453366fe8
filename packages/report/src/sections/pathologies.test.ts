import { expect, test } from 'vitest';
import { page } from '../parsed-page.testing.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

const data = syntheticRun({ normal: 30, abnormal: 30, side: 16 });

test('shows AUC by pathology, and over seen and unseen ones', async () => {
  const { scores } = data.result;
  const of = (aInter: number) => ({ ...scores!, aInter: { auc: aInter, ap: 0.5 } });
  const group = (names: string[], images: number, auc: number) => ({
    pathologies: names,
    images,
    scores: of(auc),
  });
  const pathologies = {
    normals: 30,
    each: [
      { name: '<b>cyst</b>', images: 12, unlabeled: 3, seen: true, scores: of(0.111) },
      { name: 'mass', images: 0, unlabeled: 0, seen: null, scores: null },
    ],
    byRun: { seen: group(['<b>cyst</b>'], 11, 0.222), unseen: group([], 4, 0.333), neither: 2 },
    byPool: { seen: group(['<b>cyst</b>', 'mass'], 5, 0.444), unseen: group([], 6, 0.555), neither: 2 },
    unnamed: 13,
  };
  const { document, texts } = await page({ ...data, result: { ...data.result, pathologies } });
  expect(texts('nav li a')).toContain('Pathologies');
  const rows = [...document.querySelectorAll('#pathologies tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent.trim()),
  );
  expect(rows.map((row) => [row[0], row[1], row[2], row[6]])).toEqual([
    ['<b>cyst</b>', '12', '3 images', '11.1'],
    ['mass', '0', 'unknown', ''],
    ['only seen ones', '11', '1 kind', '22.2'],
    ['only unseen ones', '4', '0 kinds', '33.3'],
    ['only those in the unlabeled pool', '5', '2 kinds', '44.4'],
    ['only those not in it', '6', '0 kinds', '55.5'],
  ]);
  expect(document.querySelector('#pathologies .caption')!.textContent).toMatch(
    /30 normal test images[\s\S]*13 abnormal/,
  );
  const seen = 'unlabeled images Du, which it was trained on, shows it';
  expect(document.querySelector('#pathologies .caption')!.textContent).toContain(seen);
  const normalAlone = await page({
    ...data,
    result: { ...data.result, pathologies },
    trainsOnUnlabeled: false,
  });
  const caption = normalAlone.document.querySelector('#pathologies .caption')!.textContent;
  expect(caption).toContain('The run was trained on normal images alone, and has seen no pathology;');
  expect(caption).not.toContain(seen);
  expect((await page(data)).document.querySelector('#pathologies')).toBeNull();
});
