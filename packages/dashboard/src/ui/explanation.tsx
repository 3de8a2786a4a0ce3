import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Explanation } from '../api/types.js';
import { useApp } from './app-context.js';

type Answer = { readonly explanation: Explanation } | { readonly problem: string } | undefined;

/** Why something is where it is, asked for again when `version` changes. @param path of the call. */
export function ExplanationText({ path, version }: { readonly path: string; readonly version: string }): JSX.Element {
  const { client } = useApp();
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    const stop = new AbortController();
    client.call<Explanation>(path, { signal: stop.signal }).then(
      (explanation) => setAnswer({ explanation }),
      (error: unknown) => {
        if (!stop.signal.aborted) setAnswer({ problem: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => stop.abort();
  }, [client, path, version]);
  return (
    <section class="explanation" aria-label="Explanation" aria-live="polite">
      <h3>Why</h3>
      {answer === undefined && <p class="quiet">Asking…</p>}
      {answer !== undefined && 'problem' in answer && <p class="failure">{answer.problem}</p>}
      {answer !== undefined && 'explanation' in answer && <Words {...answer.explanation} />}
    </section>
  );
}

function Words({ summary, reasons, remedies }: Explanation): JSX.Element {
  return (
    <>
      <p>{summary}</p>
      <Sentences sentences={reasons} />
      {remedies.length > 0 && <h4>What can be done</h4>}
      <Sentences sentences={remedies} />
    </>
  );
}

function Sentences({ sentences }: { readonly sentences: readonly string[] }): JSX.Element | null {
  if (sentences.length === 0) return null;
  return (
    <ul>
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}
