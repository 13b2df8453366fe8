import { describe, expect, it } from 'vitest';
import { sourceDifference } from './source-differences.ts';

describe('what tells images apart by their source', () => {
  it('counts where it is much and more than chance', () => {
    const of = 'contrast';
    const over = 'pixels';
    const many = { normal: 100, unlabeled: 1000 };
    expect(sourceDifference({ of, over, auc: 0.65 }, many)).toEqual({
      of,
      over,
      auc: 0.65,
      differs: true,
    });
    expect(sourceDifference({ of, over, auc: 0.59 }, many).differs).toBe(false);
    // With 10 and 10 images chance alone reaches 0.5 + 1.96 · √(21 / 1200) = 0.759.
    const few = { normal: 10, unlabeled: 10 };
    expect(sourceDifference({ of, over, auc: 0.75 }, few).differs).toBe(false);
    expect(sourceDifference({ of, over, auc: 0.77 }, few).differs).toBe(true);
  });
});
