import { Observable } from '../state/observable.js';
import { type Theme, themes } from '../ui/app-context.js';

const key = 'nodepool-theme';

/** The chosen theme, kept by the browser; the style sheet follows the attribute. */
export function openTheme(root: HTMLElement, storage: Storage): Observable<Theme> {
  const stored = read(storage);
  const theme = new Observable<Theme>(themes.find((one) => one === stored) ?? 'system');
  const show = (): void => {
    root.dataset['theme'] = theme.value;
  };
  const keep = (): void => {
    try {
      storage.setItem(key, theme.value);
    } catch {
      // A browser may refuse to keep anything: the choice then lasts as long as the tab.
    }
  };
  show();
  theme.subscribe(show);
  theme.subscribe(keep);
  return theme;
}

function read(storage: Storage): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}
