import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeSections, toErrorPage } from './error-codes.js';

const root = join(import.meta.dirname, '../..');

/** Names of the lists of codes in the sources. */
function declaredLists(): readonly string[] {
  return globSync('{packages,drivers}/*/src/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^export const (\w+Codes) = \{$/gm)].map(
      ([, name]) => name ?? '',
    ),
  );
}

describe('the page of error codes', () => {
  it('has every list of codes in the sources', () => {
    expect(Object.keys(codeSections).sort()).toEqual([...declaredLists()].sort());
  });

  it('explains each code once, in a row of its own', () => {
    const page = toErrorPage([
      { title: 'Clouds', about: 'Weather.', codes: { NP_RAIN: 'it rains', NP_SUN: 'it does not' } },
    ]);

    expect(page).toContain('## Clouds\n\nWeather.\n\n| code | meaning |\n|---|---|\n| `NP_RAIN` | it rains |\n');
    expect(page.endsWith('| `NP_SUN` | it does not |\n')).toBe(true);
  });

  it('uses no code for two things', () => {
    const codes = Object.values(codeSections).flatMap((section) => Object.keys(section.codes));

    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });
});
