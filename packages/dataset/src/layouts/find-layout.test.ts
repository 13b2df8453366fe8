import { describe, expect, test } from 'vitest';
import { findLayout } from './find-layout.ts';
import { isImageByName, mayBeImage } from './image-folders.ts';
import { dataJsonOf, labelsCsvOf } from './layout.ts';
import { namedLayout } from './named-folders.ts';

const listsOf = (...files: string[]) => {
  const layout = findLayout([...files].sort());
  return (
    layout && { ...dataJsonOf(layout), splits: layout.splits, leftOut: Object.fromEntries(layout.leftOut) }
  );
};

describe('folders that are found by themselves', () => {
  test('MVTec and anomalib: kinds below test, masks in ground_truth', () => {
    const files = [
      'train/good/0.png',
      'test/good/1.png',
      'test/crack/2.png',
      'test/hole/3.png',
      'ground_truth/crack/2_mask.png',
    ];
    expect(listsOf(...files)).toEqual({
      train: { '0': ['train/good/0.png'] },
      test: { '0': ['test/good/1.png'], '1': ['test/crack/2.png', 'test/hole/3.png'] },
      splits: false,
      leftOut: {},
    });
    expect(labelsCsvOf(findLayout(files)!)).toBe(
      'image,pathology\ntest/crack/2.png,crack\ntest/hole/3.png,hole\n',
    );
  });

  test('BMAD: img and label folders, valid held out, its abnormal images left out; in a folder as the archive has it', () => {
    expect(
      listsOf(
        'Brain/train/good/img/a.png',
        'Brain/valid/good/img/b.png',
        'Brain/valid/Ungood/img/c.png',
        'Brain/valid/Ungood/label/c.png',
        'Brain/test/good/img/d.png',
        'Brain/test/Ungood/img/e.png',
        'Brain/test/Ungood/label/e.png',
      ),
    ).toEqual({
      train: { '0': ['Brain/train/good/img/a.png'] },
      test: { '0': ['Brain/test/good/img/d.png'], '1': ['Brain/test/Ungood/img/e.png'] },
      validation: { '0': ['Brain/valid/good/img/b.png'] },
      splits: false,
      leftOut: { 'Brain/valid/Ungood': 1 },
    });
  });

  test('MedIAnomaly: training images in folders of patients, annotations beside normal and tumor', () => {
    const files = [
      'train/p1/0.png',
      'train/p2/0.png',
      'test/normal/1.png',
      'test/tumor/2.png',
      'test/annotation/2.png',
    ];
    expect(listsOf(...files)).toMatchObject({
      train: { '0': ['train/p1/0.png', 'train/p2/0.png'] },
      test: { '0': ['test/normal/1.png'], '1': ['test/tumor/2.png'] },
    });
  });

  test('abnormal images in train are left out and counted; a flat test has no labels', () => {
    const files = ['train/NORMAL/0.jpeg', 'train/PNEUMONIA/1.jpeg', 'test/2.jpeg'];
    expect(listsOf(...files)).toEqual({
      train: { '0': ['train/NORMAL/0.jpeg'] },
      test: ['test/2.jpeg'],
      splits: false,
      leftOut: { 'train/PNEUMONIA': 1 },
    });
  });

  test('all that is dropped is counted: beside test folders, beside train and test, other folders', () => {
    expect(
      listsOf(
        'set/train/good/0.png',
        'set/train/1.png',
        'set/test/good/2.png',
        'set/test/hole/3.png',
        'set/test/4.png',
        'set/test/5.png',
        'set/extra/more/6.png',
        'set/7.png',
        'set/unlabeled/8.png',
        'set/ground_truth/hole/3_mask.png',
      ),
    ).toEqual({
      train: { '0': ['set/train/good/0.png'], unlabeled: ['set/unlabeled/8.png'] },
      test: { '0': ['set/test/good/2.png'], '1': ['set/test/hole/3.png'] },
      splits: false,
      leftOut: { 'set/train/': 1, 'set/test/': 2, 'set/extra': 1, 'set/': 1 },
    });
    expect(listsOf('train/0.png', 'test/1.png', '2.png')?.leftOut).toEqual({ './': 1 });
  });

  test('a mask beside its image is no image; without that image it is one', () => {
    const files = ['normal/a.tif', 'normal/a_mask.tif', 'cyst/b.png', 'cyst/b_MASK_1.png', 'cyst/c_mask.png'];
    expect(listsOf(...files)).toMatchObject({
      train: { '0': ['normal/a.tif'] },
      test: { '1': ['cyst/b.png', 'cyst/c_mask.png'] },
    });
  });

  test('a folder of normal images beside others is to be split', () => {
    expect(listsOf('normal/a.dcm', 'tumour/b.dcm', 'cyst/c.dcm', 'unlabeled/d.dcm', 'masks/b.png')).toEqual({
      train: { '0': ['normal/a.dcm'], unlabeled: ['unlabeled/d.dcm'] },
      test: { '0': [], '1': ['cyst/c.dcm', 'tumour/b.dcm'] },
      splits: true,
      leftOut: {},
    });
  });

  test.each([
    ['nothing that is called normal', ['yes/a.png', 'no/b.png']],
    ['two that are', ['good/a.png', 'normal/b.png', 'bad/c.png']],
    ['several datasets', ['bottle/train/good/0.png', 'cable/train/good/0.png']],
    ['images beside the folders', ['normal/a.png', 'bad/b.png', 'c.png']],
    ['no image', []],
    [
      'a train/ without normal/, with a kind that test/ has',
      ['train/control/0.png', 'train/tumour/1.png', 'test/good/2.png', 'test/Tumour/3.png'],
    ],
    [
      'a train/ without normal/, with a name for abnormal images',
      ['train/controls/0.png', 'train/Abnormal/1.png', 'test/normal/2.png', 'test/hole/3.png'],
    ],
    ['such a folder further below', ['train/site/bad/0.png', 'test/good/1.png', 'test/hole/2.png']],
    ['a normal/ that holds a kind', ['normal/a.png', 'normal/cyst/b.png', 'cyst/c.png']],
  ])('%s means nothing by itself', (_what, files) => expect(findLayout([...files].sort())).toBeNull());
});

describe('folders that are named', () => {
  const files = ['no/a.png', 'no/sub/b.png', 'yes/grade 4/c.png', 'pool/d.png', 'pool/masks/d.png'];
  test('give kinds by their own names', () => {
    const layout = namedLayout(files, { normal: ['no/'], abnormal: ['./yes/grade 4'], unlabeled: ['pool'] });
    if ('faults' in layout) throw new Error(JSON.stringify(layout.faults));
    expect(dataJsonOf(layout)).toEqual({
      train: { '0': ['no/a.png', 'no/sub/b.png'], unlabeled: ['pool/d.png'] },
      test: { '0': [], '1': ['yes/grade 4/c.png'] },
    });
    expect(labelsCsvOf(layout)).toBe('image,pathology\nyes/grade 4/c.png,grade 4\n');
  });

  test('every folder without images, or named twice, is at fault', () => {
    expect(namedLayout(files, { normal: ['gone', 'no'], abnormal: ['no/sub'], unlabeled: [] })).toEqual({
      faults: [
        { path: '--normal', message: 'expected a folder with images below the dataset\'s, got "gone"' },
        { path: '--abnormal', message: 'expected every folder once, got "no/sub" and "no" (--normal)' },
      ],
    });
  });
});

test('images are told from other files by their names, where these tell', () => {
  const images = ['a.PNG', 'b/IM0001', 'c/1.2.840.113619.2', 'd.nii.gz', 'e.dcm', 'f.jfif', 'g.DIC'];
  const others = ['DICOMDIR', 'readme', 'LICENSE', '.hidden', 'x/.a.png'];
  const untold = ['patients.csv', 'x.nii.gz.txt', 'x.tar.gz', 'notes.pdf', 'slice 2.5mm 0', 'README.md'];
  const all = [...images, ...others, ...untold];
  expect(all.filter(mayBeImage)).toEqual(images);
  expect(all.filter((path) => isImageByName(path) === null)).toEqual(untold);
});
