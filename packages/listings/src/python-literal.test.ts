import type { JsonValue } from '@nodepool/model';
import { describe, expect, it } from 'vitest';
import { pythonLiteral } from './python-literal.js';

describe('a Python literal', () => {
  it.each<[JsonValue, string]>([
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    [22, '22'],
    ['plain', "'plain'"],
    ["it's", `"it's"`],
    [`"it's"`, `'"it\\'s"'`],
    ['tab\tline\nback\\slash', "'tab\\tline\\nback\\\\slash'"],
    ['\u001b[31m\u00a0\u200b', "'\\x1b[31m\\xa0\\u200b'"],
    ['größe 日本', "'größe 日本'"],
    [[], '[]'],
    [['a', 1, null], "['a', 1, None]"],
    [{}, '{}'],
    [
      { zuul_system: '0f9a', nested: { on: true, of: [1] } },
      "{'zuul_system': '0f9a', 'nested': {'on': True, 'of': [1]}}",
    ],
  ])('of %j is %s', (value, literal) => {
    expect(pythonLiteral(value)).toBe(literal);
  });
});
