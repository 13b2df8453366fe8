import { expect, it } from 'vitest';
import { timeLeftText } from './time-left-text.ts';

const known = { seconds: 11_229, atLeast: false };

it.each([
  [80, 'about 3:07:09 left'],
  [18, 'about 3:07:09 left'],
  [17, '3:07:09 left'],
  [11, '3:07:09'],
  [7, '3:07:09'],
  [6, ''],
])('is whole in %i columns', (width, text) => {
  expect(timeLeftText(known, width)).toBe(text);
});

it('says that it is a bound in every width, and that nothing is known', () => {
  const bound = { seconds: 250, atLeast: true };
  expect([80, 11, 6].map((width) => timeLeftText(bound, width))).toEqual([
    'more than 4:10 left',
    '>4:10 left',
    '>4:10',
  ]);
  expect([80, 6, 1].map((width) => timeLeftText(null, width))).toEqual([
    'time left not known yet',
    '? left',
    '?',
  ]);
});
