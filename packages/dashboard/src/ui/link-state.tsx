import type { JSX } from 'preact';
import type { Link } from '../state/app-state.js';
import { useApp, useObserved } from './app-context.js';

/** Whether what is shown is what is. */
export function LinkState(): JSX.Element {
  const { state, clock, reconnect, desk, nowSec } = useApp();
  const { link } = useObserved(state);
  useObserved(nowSec);
  return (
    <div class="link">
      <span role="status" class={`link-word link-${link.kind}`}>
        {wordOf(link)}
      </span>
      {link.kind === 'waiting' && (
        <>
          <span class="link-reason">
            {link.reason} Again in {Math.max(0, Math.ceil((link.retryAtMs - clock.now()) / 1000))} s.
          </span>
          <button type="button" onClick={reconnect}>
            Reconnect
          </button>
        </>
      )}
      {link.kind === 'refused' && (
        <>
          <span class="link-reason">{link.reason}</span>
          <button type="button" onClick={() => void desk.ask(link.reason).then((given) => given && reconnect())}>
            Enter token
          </button>
        </>
      )}
    </div>
  );
}

function wordOf({ kind }: Link): string {
  switch (kind) {
    case 'live':
      return 'Live';
    case 'connecting':
      return 'Connecting';
    case 'waiting':
      return 'Disconnected';
    case 'refused':
      return 'Token needed';
    case 'resting':
      return 'Resting';
    default:
      return kind satisfies never;
  }
}
