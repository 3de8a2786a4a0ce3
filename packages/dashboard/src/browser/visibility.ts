import type { Clock } from '@nodepool/runtime';
import type { Follower } from '../state/follower.js';

/** Ends the connection of a tab that nobody has looked at for a while; goes on as soon as somebody does. */
export function restWhenHidden(
  page: Pick<Document, 'visibilityState' | 'addEventListener'>,
  clock: Clock,
  restAfterMs: number,
  follower: Pick<Follower, 'rest' | 'retry'>,
): void {
  let leaving = new AbortController();
  page.addEventListener('visibilitychange', () => {
    leaving.abort(null);
    leaving = new AbortController();
    if (page.visibilityState === 'visible') follower.retry();
    else
      clock.sleep(restAfterMs, leaving.signal).then(
        () => follower.rest(),
        () => undefined,
      );
  });
}
