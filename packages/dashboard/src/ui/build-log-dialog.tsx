import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ApiClient } from '../api/client.js';
import { emptyTail, type LogTail, withText } from '../state/log-tail.js';
import { useApp } from './app-context.js';
import { Failure } from './confirm.js';
import { Dialog } from './dialog.js';

interface LogState {
  readonly tail: LogTail;
  readonly isGrowing: boolean;
  readonly problem: string | undefined;
}

/** The log of a build as it grows. @param name of the build. */
export function BuildLogDialog({
  name,
  onClose,
}: {
  readonly name: string;
  readonly onClose: () => void;
}): JSX.Element {
  const { tail, isGrowing, problem } = useLog(name);
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (follows && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [tail, follows]);
  return (
    <Dialog title={`Log of ${name}`} onClose={onClose} wide>
      <div class="log-tools">
        <span role="status">{problem !== undefined ? 'Failed' : isGrowing ? 'Following' : 'Complete'}</span>
        {tail.dropped > 0 && <span class="quiet">{tail.dropped} earlier lines are not shown</span>}
        <label class="check">
          <input
            type="checkbox"
            checked={follows}
            onChange={({ currentTarget }) => setFollows(currentTarget.checked)}
          />
          <span>Scroll to the end</span>
        </label>
      </div>
      <Failure text={problem} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard */}
      <section ref={box} class="log" aria-label={`Text of the log of ${name}`} tabIndex={0}>
        <pre>{[...tail.lines, tail.rest].join('\n')}</pre>
      </section>
    </Dialog>
  );
}

function useLog(name: string): LogState {
  const { client } = useApp();
  const [state, setState] = useState<LogState>({ tail: emptyTail, isGrowing: true, problem: undefined });
  useEffect(() => {
    const stop = new AbortController();
    const add = (text: string): void => setState((before) => ({ ...before, tail: withText(before.tail, text) }));
    readLog(client, name, add, stop.signal).then(
      () => setState((before) => ({ ...before, isGrowing: false })),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const problem = error instanceof Error ? error.message : String(error);
        setState((before) => ({ ...before, isGrowing: false, problem }));
      },
    );
    return () => stop.abort();
  }, [client, name]);
  return state;
}

async function readLog(
  client: ApiClient,
  name: string,
  add: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await client.open(`/builds/${encodeURIComponent(name)}/log?follow=1`, { signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) return;
    add(piece.value);
  }
}
