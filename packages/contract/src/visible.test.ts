import { expect, test } from 'vitest';
import { visible, visibleLine } from './visible.ts';

/** All that ECMA-48 knows as control characters: 0 to 31, 127 to 159. */
const controls = Array.from({ length: 160 }, (_, code) => code).filter((code) => code < 32 || code >= 127);

test('no control character is left but the line break', () => {
  const text = visible(String.fromCharCode(...controls));
  expect([...text].filter((one) => controls.includes(one.charCodeAt(0)))).toEqual(['\n']);
  expect(visible('a\u001b[31mb\u009b2Jc\u0007')).toBe('a\\u001b[31mb\\u009b2Jc\\u0007');
  expect(visibleLine('two\nlines')).toBe('two\\u000alines');
});

test('nothing turns the direction of a name around', () => {
  expect(visible('scan\u202egnp.exe')).toBe('scan\\u202egnp.exe');
  expect(visible('\u2067right to left\u2069')).toBe('\\u2067right to left\\u2069');
});

test('names in any script, and what is drawn, stay as they are', () => {
  const text = 'Größe, 画像, صورة, ███░░ – “quoted” \\u001b';
  expect(visible(text)).toBe(text);
});

test('a JSON text keeps its meaning', () => {
  const value = { image: 'a\u001b\u007f\u009b\u2028\u202e.png\n' };
  const text = visible(JSON.stringify(value));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toMatch(/^[ -~]*$/);
});
