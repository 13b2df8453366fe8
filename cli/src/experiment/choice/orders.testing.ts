/** Of 4 held-out normal images, then 6 unlabeled ones. AUC by hand: pairs of 24 in which the unlabeled one is higher. */
export const orders = {
  /** All: 24. */
  perfect: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  /** 3 is below 3.5 but not below 2.5 and 1.5: 4 + 3 + 2 + 4 + 4 + 4 = 21. */
  good: [0, 1, 2, 3, 4, 2.5, 1.5, 7, 8, 9],
  /** 12. */
  chance: [0, 1, 8, 9, 2, 3, 4, 5, 6, 7],
  /** None. */
  reversed: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
};
export const images = { heldOut: 4, unlabeled: 6 };

export type Scores = Record<string, number[]>;
