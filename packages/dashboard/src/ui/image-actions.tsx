import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Image } from '../api/types.js';
import { useApp } from './app-context.js';
import { Confirm } from './confirm.js';
import { Dialog } from './dialog.js';
import { ExplanationText } from './explanation.js';
import { RollbackDialog } from './rollback-dialog.js';

type Asked = 'build' | 'pause' | 'resume' | 'rollback' | 'explain' | undefined;

/** The buttons of an image, and what they ask. */
export function ImageActions({ image }: { readonly image: Image }): JSX.Element {
  const [asked, setAsked] = useState<Asked>();
  const close = (): void => setAsked(undefined);
  const canRollBack = image.builds.some(({ state }) => state === 'ready');
  const of = <span class="unseen"> {image.name}</span>;
  return (
    <div class="buttons compact">
      <button type="button" onClick={() => setAsked('build')} disabled={!image.configured}>
        Rebuild{of}
      </button>
      {image.paused ? (
        <button type="button" onClick={() => setAsked('resume')}>
          Resume{of}
        </button>
      ) : (
        <button type="button" onClick={() => setAsked('pause')}>
          Pause{of}
        </button>
      )}
      <button type="button" class="danger" onClick={() => setAsked('rollback')} disabled={!canRollBack}>
        Roll back{of}
      </button>
      <button type="button" onClick={() => setAsked('explain')}>
        Explain{of}
      </button>
      <Asking asked={asked} image={image} onClose={close} />
    </div>
  );
}

function Asking({
  asked,
  image,
  onClose,
}: {
  readonly asked: Asked;
  readonly image: Image;
  readonly onClose: () => void;
}): JSX.Element | null {
  const { client } = useApp();
  const { name } = image;
  const path = `/images/${encodeURIComponent(name)}`;
  const post = (call: string) => () => client.call(`${path}/${call}`, { method: 'POST' });
  switch (asked) {
    case 'build':
      return (
        <Confirm
          title={`Rebuild ${name}?`}
          action="Rebuild"
          change={post('build')}
          done={`A build of ${name} was requested.`}
          onClose={onClose}
        >
          <p>A builder builds the image as soon as it is free. The image in use stays in use until then.</p>
        </Confirm>
      );
    case 'pause':
      return (
        <Confirm
          title={`Pause ${name}?`}
          action="Pause"
          change={post('pause')}
          done={`${name} is paused.`}
          onClose={onClose}
        >
          <p>It is built no more until it is resumed. What is in use stays in use.</p>
        </Confirm>
      );
    case 'resume':
      return (
        <Confirm
          title={`Resume ${name}?`}
          action="Resume"
          change={post('resume')}
          done={`${name} is built and uploaded again.`}
          onClose={onClose}
        >
          <p>It is built and uploaded again when it is time; a rollback that was made ends.</p>
        </Confirm>
      );
    case 'rollback':
      return <RollbackDialog image={image} onClose={onClose} />;
    case 'explain':
      return (
        <Dialog title={`Image ${name}`} onClose={onClose}>
          <div class="dialog-body">
            <ExplanationText
              path={`${path}/explanation`}
              version={JSON.stringify(image.builds.map(({ state }) => state))}
            />
          </div>
        </Dialog>
      );
    default:
      return null;
  }
}
