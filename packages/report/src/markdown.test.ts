import { marked } from 'marked';
import { expect, test } from 'vitest';
import { markdownCode, markdownRows, markdownTable, markdownText } from './markdown.ts';

const hostile = 'a|b *c* _d_ `e` [f](http://g) <b>h</b> &amp; ~~i~~ \\ # $j$ www.k.l m@n.o';

test('text of others stays text, in a line and in a cell', async () => {
  const shown = (tokens: string) =>
    tokens
      .replace(/<[^>]+>/g, '')
      .replaceAll('&amp;', '&')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
  const line = await marked.parse(markdownText(hostile));
  expect(line.match(/<[a-z]+/g)).toEqual(['<p']);
  expect(shown(line).trim()).toBe(hostile);
  const table = await marked.parse(markdownRows(['one', 'two'], [[markdownText(hostile), 'x']]));
  expect(table.match(/<td/g)).toHaveLength(2);
  expect(table.match(/<(?!\/|t|b>)[a-z]+/g)).toBeNull();
  expect(shown(/<td>(.*?)<\/td>/s.exec(table)![1]!)).toBe(hostile);
});

test('a line break or a terminal sequence does not leave its cell', () => {
  expect(markdownText('a\nb\u001b[2J')).toBe('a\\\\u000ab\\\\u001b\\[2J');
});

test('plain cells are escaped as far as a table needs', () => {
  expect(markdownTable(['a', 'b'], [['x|y', 'z']])).toBe('| a | b |\n| --- | --- |\n| x\\|y | z |');
});

test('columns of figures are right-aligned, those with a word in them are not', () => {
  const rows = [
    ['1', '83.2/77.8', '–', '−1', 'no', '50.0 ± 1'],
    ['2', '', '3', '4 s', '5', '1:30'],
  ];
  const [, rule] = markdownTable(['a', 'b', 'c', 'd', 'e', 'f'], rows).split('\n');
  expect(rule).toBe('| --- | ---: | ---: | ---: | --- | ---: |');
});

test('a block of code holds what looks like its end', async () => {
  const code = await marked.parse(markdownCode('a\n````\nb', 'json'));
  expect(code).toBe('<pre><code class="language-json">a\n````\nb\n</code></pre>\n');
});
