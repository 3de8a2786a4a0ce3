import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from './app-context.js';
import { Dialog } from './dialog.js';

export interface ConfirmProps {
  readonly title: string;
  /** On the button that does it. */
  readonly action: string;
  readonly danger?: boolean;
  readonly change: () => Promise<unknown>;
  /** Told when it is done. */
  readonly done: string;
  readonly onClose: () => void;
  /** What will happen, and what has to be filled in. */
  readonly children: ComponentChildren;
}

/** Asks before a change, makes it, and says in words why it could not be made. */
export function Confirm(props: ConfirmProps): JSX.Element {
  const { title, action, danger = false, change, done, onClose, children } = props;
  const { desk, notices } = useApp();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      if (await desk.act(change)) {
        notices.tell(done);
        onClose();
      }
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="dialog-body">{children}</div>
        <Failure text={problem} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={isBusy}>
            {isBusy ? 'Working…' : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Read out as soon as it appears. */
export function Failure({ text }: { readonly text: string | undefined }): JSX.Element {
  return <div role="alert">{text !== undefined && <p class="failure">{text}</p>}</div>;
}
