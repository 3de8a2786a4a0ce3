import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useApp, useObserved } from './app-context.js';
import { Failure } from './confirm.js';
import { Dialog } from './dialog.js';

/** Asks for the token while one is wanted. The field has no name and is cleared: browsers have nothing to keep. */
export function TokenDialog(): JSX.Element | null {
  const { desk } = useApp();
  const { question } = useObserved(desk.state);
  return question === undefined ? null : <TokenForm reason={question.reason} />;
}

function TokenForm({ reason }: { readonly reason: string }): JSX.Element {
  const { desk } = useApp();
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    const token = field.current?.value.trim() ?? '';
    setProblem(undefined);
    setBusy(true);
    try {
      if (token === '') throw new Error('Type a token.');
      await desk.give(token);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Token" onClose={() => desk.giveUp()}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="dialog-body">
          <p>{reason}</p>
          <label class="field">
            <span>Token</span>
            <input ref={field} type="password" autocomplete="off" spellcheck={false} required />
          </label>
          <p class="quiet">It is kept in the memory of this tab only and is gone when the tab is closed or reloaded.</p>
        </div>
        <Failure text={problem} />
        <div class="buttons">
          <button type="button" onClick={() => desk.giveUp()}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Use token
          </button>
        </div>
      </form>
    </Dialog>
  );
}
