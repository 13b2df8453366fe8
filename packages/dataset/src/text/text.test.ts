import { describe, expect, test } from 'vitest';
import { csvRows } from './csv-text.ts';
import { parseJsonText } from './json-text.ts';
import { plainText } from './plain-text.ts';

describe('text is UTF-8', () => {
  test('with or without a byte order mark', () => {
    expect(plainText(Buffer.from('Müller'))).toEqual({ text: 'Müller' });
    expect(plainText(Buffer.from('\uFEFFMüller'))).toEqual({ text: 'Müller' });
  });

  test('Latin-1, in which Müller and Möller would become one, is refused by its line', () => {
    const came = 'text in another encoding than UTF-8, from line 3 on (save it as UTF-8)';
    expect(plainText(Buffer.from('image,patient\na,Muller\nb,Müller\n', 'latin1'))).toEqual({ came });
  });

  test('UTF-16 and NUL are refused as what they are', () => {
    expect(plainText(Buffer.from('\uFEFFa', 'utf16le'))).toEqual({
      came: 'text in UTF-16 (save it as UTF-8)',
    });
    expect(plainText(Buffer.from('a\nb\0'))).toEqual({ came: 'a NUL character at line 2' });
  });
});

describe('JSON', () => {
  const faults = (text: string | Buffer) => {
    const read = parseJsonText(text, 'f');
    return 'faults' in read ? read.faults.map(({ message }) => message) : read.value;
  };
  test('has one answer for whatever is wrong with it', () => {
    expect(faults('\uFEFF{"a": "[[[\\"{"}')).toEqual({ a: '[[["{' });
    expect(faults('{"a": 1,\n "a": 2}')).toEqual([
      'expected every key once, got "a" again at line 2, column 2',
    ]);
    expect(faults('{"a": ')).toEqual(['expected JSON, got a fault at line 1, column 7: value expected']);
    expect(faults(Buffer.from('{"é": 1}', 'latin1'))).toEqual([
      'expected JSON, got text in another encoding than UTF-8, from line 1 on (save it as UTF-8)',
    ]);
    expect(faults('{"a": "\0"}')).toEqual(['expected JSON, got a NUL character at line 1']);
  });

  test('a million levels are told as too many, not as a full stack', () => {
    const message = 'expected JSON of at most 64 levels, got more at line 2';
    expect(faults(`\n${'['.repeat(1e6)}`)).toEqual([message]);
    expect(faults(`\n${'{"a":'.repeat(1e5)}`)).toEqual([message]);
    expect(faults('['.repeat(64) + ']'.repeat(64))).toHaveLength(1);
  });
});

describe('CSV', () => {
  test('rows know their lines over quoted line breaks', () => {
    expect(csvRows('\uFEFFa,b\r\n"x\ny","""z"""\n1,2')).toEqual({
      rows: [
        { cells: ['a', 'b'], line: 1 },
        { cells: ['x\ny', '"z"'], line: 2 },
        { cells: ['1', '2'], line: 4 },
      ],
    });
  });

  test('a quote that is never closed is told by its line', () => {
    expect(csvRows('a,b\n1,"2\n3,4\n')).toEqual({ line: 2, came: 'a quote that is never closed' });
    expect(csvRows('a,b\n1,"2"3\n')).toEqual({ line: 2, came: 'text after a closing quote' });
    expect(csvRows('a,b\n1,2"3\n')).toHaveProperty('rows');
  });
});
