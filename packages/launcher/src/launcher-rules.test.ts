import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const checkout = join(import.meta.dirname, '../../..');
const own = 'packages/launcher/src';

/** The rows of the table: which test of which file covers a rule. */
function rows(): readonly (readonly [file: string, test: string])[] {
  const text = readFileSync(join(checkout, 'docs/contributors/launcher-rules.md'), 'utf8');
  return [...text.matchAll(/^\|[^|]+\|[^|]+\| `([^`]+\.ts)` \| (.+) \|$/gm)].map(([, file = '', test = '']) => {
    const isElsewhere = file.startsWith('packages/') || file.startsWith('drivers/');
    return [isElsewhere ? file : join(own, file), test];
  });
}

describe('the list of the launcher’s rules', () => {
  it('names tests that exist', () => {
    const listed = rows();

    const missing = listed.filter(([file, test]) => {
      const path = join(checkout, file);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${test}'`);
    });

    expect(missing).toEqual([]);
    expect(listed.length).toBeGreaterThan(90);
  });
});
