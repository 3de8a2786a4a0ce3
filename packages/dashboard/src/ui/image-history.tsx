import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Image, ImageEvent } from '../api/types.js';
import { shortId } from '../state/happenings.js';
import { Age } from './age.js';
import { useApp } from './app-context.js';

const shownEvents = 100;
const none: readonly ImageEvent[] = [];

/** What happened to an image, the newest first; read when it is first shown and again whenever the image changes. */
export function useImageHistory(image: Image): readonly ImageEvent[] {
  const { client } = useApp();
  const [events, setEvents] = useState(none);
  useEffect(() => {
    const stop = new AbortController();
    const path = `/images/${encodeURIComponent(image.name)}/history?limit=${shownEvents}`;
    client.call<{ readonly items: readonly ImageEvent[] }>(path, { signal: stop.signal }).then(
      ({ items }) => setEvents(items),
      // Without it the verdicts of gates are missing; all else is shown, and the next change tries again.
      () => undefined,
    );
    return () => stop.abort();
  }, [client, image]);
  return events;
}

export function ImageHistory({
  events,
  isOpen,
}: {
  readonly events: readonly ImageEvent[];
  readonly isOpen: boolean;
}): JSX.Element | null {
  if (events.length === 0) return null;
  return (
    <details class="history" open={isOpen}>
      <summary>History</summary>
      <ol>
        {events.map(({ time, kind, build_id: build, provider, by, text }) => (
          <li key={`${time} ${kind} ${build} ${provider}`}>
            <span class="history-age">
              <Age since={time} />
            </span>
            <strong>{kind.replaceAll('-', ' ')}</strong>
            <span>
              {[build && shortId(build), provider, text].filter((part) => part !== null && part !== '').join(', ')}
            </span>
            <span class="quiet">by {by}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
