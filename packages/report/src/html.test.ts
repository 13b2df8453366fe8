import { expect, test } from 'vitest';
import { html, jsonElement } from './html.ts';

test('escapes text and attributes, leaves markup, joins lists, drops null and false', () => {
  const text = `<b> & "quoted" 'too'`;
  expect(
    html`<p title="${text}">${text}${html`<i>${1}</i>`}${[html`<b>`, 'x<']}${null}${false}${0}</p>`.text,
  ).toBe(
    '<p title="&lt;b&gt; &amp; &quot;quoted&quot; &#39;too&#39;">&lt;b&gt; &amp; &quot;quoted&quot; &#39;too&#39;<i>1</i><b>x&lt;0</p>',
  );
});

test('JSON cannot end its element and comes back as it was', () => {
  const value = { name: '</script><script>alert(1)</script><!--' };
  const { text } = jsonElement('data', value);
  expect(text.match(/<\/script>/g)).toHaveLength(1);
  expect(text).not.toContain('<!--');
  expect(JSON.parse(/>(.*)<\/script>$/.exec(text)![1]!)).toEqual(value);
});
