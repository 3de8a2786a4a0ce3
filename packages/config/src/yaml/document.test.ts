import { describe, expect, it } from 'vitest';
import { formatFinding, type Path, type Problem } from '../finding.js';
import { parseConfigText } from './document.js';

function parse(text: string, env: Record<string, string> = {}) {
  const document = parseConfigText('f.yaml', text, env);
  return { ...document, lines: document.findings.map(formatFinding) };
}

/** `line:column` of a path. */
function placeOf(text: string, path: Path, at: Problem['at'] = 'value', env: Record<string, string> = {}): string {
  const problem: Problem = {
    severity: 'error',
    code: 'NP_CONFIG_VALUE',
    path,
    at: at ?? 'value',
    message: '',
    remedy: '',
  };
  const { line, column } = parseConfigText('f.yaml', text, env).place(problem);
  return `${line}:${column}`;
}

describe('parseConfigText', () => {
  it('takes an empty file for an empty mapping', () => {
    expect(parse('# nothing\n')).toMatchObject({ data: {}, findings: [] });
  });

  it('copies anchors to where their aliases stand', () => {
    const { data, findings } = parse('a: &x [1, {b: 2}]\nc: *x\n');

    expect(data).toEqual({ a: [1, { b: 2 }], c: [1, { b: 2 }] });
    expect(data['a']).not.toBe(data['c']);
    expect(findings).toEqual([]);
  });

  it('lets the place of an alias decide when an anchor is given twice', () => {
    expect(parse('a: &x 1\nb: *x\nc: &x 2\nd: *x\n').data).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });

  it('merges mappings under their own keys, the first of a list first', () => {
    const { data } = parse('x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 0\n');

    expect(data['z']).toEqual({ a: 0, b: 1, c: 2 });
  });

  it('refuses to merge what is no mapping', () => {
    expect(parse('z:\n  <<: 1\n').lines).toEqual([
      'f.yaml:2:7: error: z: << takes a mapping or a list of mappings. Remedy: write the values out',
    ]);
  });

  it('keeps the spelling of keys that look like other values', () => {
    expect(parse('on: 1\n8: 2\n__proto__: 3\n').data).toEqual(
      Object.fromEntries([
        ['on', 1],
        ['8', 2],
        ['__proto__', 3],
      ]),
    );
  });

  it('reads quoted scalars and those with a tag as text where that is meant', () => {
    expect(parse('a: "1"\nb: \'yes\'\nc: !!str 1\nd: !!int "7"\ne: |\n  no\n').data).toEqual({
      a: '1',
      b: 'yes',
      c: '1',
      d: 7,
      e: 'no\n',
    });
  });

  it('refuses tags that it does not know', () => {
    expect(parse('a: !!python/object:os.system x\n').lines).toEqual([
      'f.yaml:1:30: error: a: the tag tag:yaml.org,2002:python/object:os.system has no meaning here. Remedy: write the values out',
    ]);
  });

  it('refuses an alias inside of what it names', () => {
    expect(parse('a: &x\n  b: *x\n').lines[0]).toContain('the alias *x stands inside of what it names');
  });

  it('refuses aliases that expand without end in practice', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`)}]`,
    );

    const { lines } = parse(`l0: &l0 [x]\n${levels.join('\n')}\n`);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('expand to too many values');
  });

  it('refuses a second document and a list at the top', () => {
    expect(parse('a: 1\n---\nb: 2\n').lines).toHaveLength(1);
    expect(parse('- a\n').lines[0]).toContain('must hold a mapping');
  });

  it('names the place of the first error in YAML and gives no values', () => {
    const { data, lines } = parse('a: 1\nb: [1, 2\nc: 3\n');

    expect(data).toEqual({});
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^f\.yaml:3:1: error: .* Remedy: correct the YAML here or on the line before$/);
  });

  it('refuses a key given twice with two values, and warns when one of them is empty', () => {
    expect(parse('a:\n  b: 1\n  b: 1\n').lines).toEqual([
      'f.yaml:3:3: error: a.b: this key is given twice in one mapping; the last one counts. Remedy: remove one of the two',
    ]);
    expect(parse('b:\nb: 1\n')).toMatchObject({ data: { b: 1 }, findings: [{ severity: 'warning', line: 2 }] });
  });

  it('warns of variables that are not set, in the line of the file', () => {
    expect(parse('a: 1\nb: "%(NODEPOOL_X)"\n').lines).toEqual([
      'f.yaml:2:5: warning: the environment variable NODEPOOL_X is not set, so the text %(NODEPOOL_X) stays as it is. ' +
        'Remedy: set NODEPOOL_X in the environment of the program, or remove the reference',
    ]);
  });
});

describe('place', () => {
  const text = 'list:\n  - name: a\n    size: 1\n  - &b\n    name: b\n  - *b\n  - <<: *b\n    size: 2\n';

  it('finds values, keys and entries of lists', () => {
    expect(placeOf(text, ['list', 0, 'size'])).toBe('3:11');
    expect(placeOf(text, ['list', 0, 'size'], 'key')).toBe('3:5');
    expect(placeOf(text, ['list', 0])).toBe('2:5');
  });

  it('follows aliases and merged mappings to where the value is written', () => {
    expect(placeOf(text, ['list', 2, 'name'])).toBe('5:11');
    expect(placeOf(text, ['list', 3, 'name'])).toBe('5:11');
    expect(placeOf(text, ['list', 3, 'size'])).toBe('8:11');
  });

  it('takes the nearest ancestor of what is missing', () => {
    expect(placeOf(text, ['list', 1, 'size', 0])).toBe('5:5');
    expect(placeOf(text, ['nothing'])).toBe('1:1');
  });

  it('counts the lines of the file as it is, whatever a variable holds', () => {
    const lines = 'a: %(NODEPOOL_X)\nb:\n  c: 1\n';

    expect(placeOf(lines, ['b', 'c'], 'value', { NODEPOOL_X: '"x\n  y\n  z"' })).toBe('3:6');
    expect(placeOf(lines, ['a'], 'value', { NODEPOOL_X: '"x\n  y\n  z"' })).toBe('1:4');
  });

  it('counts lines that end as on Windows', () => {
    expect(placeOf('a: 1\r\nb:\r\n  c: 1\r\n', ['b', 'c'])).toBe('3:6');
  });
});
