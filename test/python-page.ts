/** A Python program that a page of the docs shows. */
export interface ShownProgram {
  /** The file name in its first line: `# scores.py`. */
  name: string;
  code: string;
}

/**
 * The Python programs of a page, in order.
 * @throws where one has no name
 */
export function pythonPrograms(markdown: string): ShownProgram[] {
  return [...markdown.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, code = '']) => {
    const name = /^# (\w+\.py)\n/.exec(code)?.[1];
    if (name === undefined)
      throw new Error(`expected a program whose first line names it, got ${code.slice(0, 40)}`);
    return { name, code };
  });
}
