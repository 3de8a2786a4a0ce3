import type { JSX } from 'preact';
import { type Theme, themes, useApp, useObserved } from './app-context.js';

const names: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' };

export function ThemeSwitch(): JSX.Element {
  const { theme } = useApp();
  const chosen = useObserved(theme);
  return (
    <label class="theme">
      <span class="tool-name">Theme</span>
      <select
        aria-label="Theme"
        value={chosen}
        onChange={({ currentTarget: { value } }) => theme.set(themes.find((one) => one === value) ?? 'system')}
      >
        {themes.map((one) => (
          <option key={one} value={one}>
            {names[one]}
          </option>
        ))}
      </select>
    </label>
  );
}
