import type { JSX } from 'preact';
import { useApp, useObserved } from './app-context.js';

/** What was done, for eyes and screen readers. */
export function NoticeList(): JSX.Element {
  const { notices } = useApp();
  const shown = useObserved(notices.shown);
  return (
    <div class="notices" role="status" aria-live="polite">
      {shown.map(({ number, text }) => (
        <p key={number} class="notice">
          {text}
        </p>
      ))}
    </div>
  );
}
