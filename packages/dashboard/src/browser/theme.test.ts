import { describe, expect, it } from 'vitest';
import { openTheme } from './theme.js';

function aPage(stored: string | null, refuses = false) {
  const kept: string[] = [];
  const root = { dataset: {} as Record<string, string> };
  const storage = {
    getItem: (): string | null => {
      if (refuses) throw new DOMException('storage is off', 'SecurityError');
      return stored;
    },
    setItem: (_key: string, value: string): void => {
      if (refuses) throw new DOMException('storage is off', 'SecurityError');
      kept.push(value);
    },
  };
  return { theme: openTheme(root as unknown as HTMLElement, storage as unknown as Storage), root, kept };
}

describe('the theme', () => {
  it.each([
    ['dark', 'dark'],
    ['sepia', 'system'],
    [null, 'system'],
  ])('is what was chosen before, else that of the system: %s', (stored, shown) => {
    const { root, kept } = aPage(stored);

    expect(root.dataset['theme']).toBe(shown);
    expect(kept).toEqual([]);
  });

  it('is shown and kept when it is chosen', () => {
    const { theme, root, kept } = aPage(null);

    theme.set('light');

    expect(root.dataset['theme']).toBe('light');
    expect(kept).toEqual(['light']);
  });

  it('can be chosen where the browser keeps nothing', () => {
    const { theme, root } = aPage(null, true);

    theme.set('dark');

    expect(root.dataset['theme']).toBe('dark');
  });
});
