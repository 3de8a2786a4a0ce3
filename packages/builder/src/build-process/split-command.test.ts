import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitCommand } from './split-command.js';

describe('a command line', () => {
  it.each([
    ['disk-image-create', ['disk-image-create']],
    ['  sudo  -E\tdisk-image-create ', ['sudo', '-E', 'disk-image-create']],
    [`env A='b c' "d e"f g\\ h`, ['env', 'A=b c', 'd ef', 'g h']],
    [`a '' ""`, ['a', '', '']],
    [`"a \\"b\\" \\n"`, ['a "b" \\n']],
    [`'a "b" \\'`, ['a "b" \\']],
    ['', []],
  ])('%s is split as a shell does', (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });

  it.each([`a 'b`, `a "b`, 'a \\'])('%s is refused: something is left open', (line) => {
    expect(() => splitCommand(line)).toThrow('a quotation is left open');
  });

  it('comes back from words in single quotes', async () => {
    await fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

        expect(splitCommand(line)).toEqual(words);
      }),
    );
  });
});
