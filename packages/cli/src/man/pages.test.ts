import { describe, expect, it } from 'vitest';
import { describeProgram } from '../program.js';
import { manPages } from './pages.js';
import { quoted, roff, wrapped } from './roff.js';

describe('the manual', () => {
  it('has a page for the program and one for each command that is shown', () => {
    const names = describeProgram()
      .commands.map((command) => command.name())
      .filter((name) => !name.startsWith('_'));

    expect([...manPages().keys()]).toEqual(['nodepool.1', ...names.map((name) => `nodepool-${name}.1`)]);
  });

  it('tells arguments, options, their values and what they are when left out', () => {
    const page = manPages().get('nodepool-image-log.1');

    expect(page).toContain('.SH "NAME"\nnodepool\\-image\\-log \\- ');
    expect(page).toContain('.TP\n\\fIbuild\\fR\n');
    expect(page).toContain('.TP\n\\fB\\-\\-follow\\fR\n');
    expect(manPages().get('nodepool.1')).toContain('\\fB\\-c\\fR, \\fB\\-\\-config\\fR \\fIfile\\fR');
    expect(manPages().get('nodepool-list.1')).toContain('One of \\fBtable\\fR, \\fBjson\\fR, \\fByaml\\fR.');
  });

  it('describes the sub-commands of a command on its page', () => {
    expect(manPages().get('nodepool-zk.1')).toContain('.SH "nodepool zk rm"\n');
  });

  it('has no more options of a command than the command', () => {
    expect(
      manPages()
        .get('nodepool-hold.1')
        ?.match(/^\.TP$/gm),
    ).toHaveLength(2);
  });
});

describe('text for a page', () => {
  it.each([
    ['a\\b', 'a\\eb'],
    [".TH\n'x", "\\&.TH\n\\&'x"],
    ['--all', '\\-\\-all'],
  ])('%j is written %j', (text, expected) => {
    expect(roff(text)).toBe(expected);
  });

  it('keeps quotes within an argument', () => {
    expect(quoted('say "no"')).toBe('"say \\(dqno\\(dq"');
  });

  it('is broken at blanks, and never so that a line begins like a macro', () => {
    const words = `${'word '.repeat(30)}.TH ${'.x '.repeat(60)}end`;

    const lines = wrapped(words).split('\n');

    expect(lines.join(' ')).toBe(words);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter((line) => /^[.']/.test(line))).toEqual([]);
  });
});
