import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from './app-context.js';
import { Confirm } from './confirm.js';

/** Asks why and for how long a node is to be kept. */
export function HoldDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): JSX.Element {
  const { client } = useApp();
  const [comment, setComment] = useState('');
  const [hours, setHours] = useState('24');
  const body = {
    ...(comment.trim() !== '' && { comment: comment.trim() }),
    ...(Number(hours) > 0 && { expires_after: Math.round(Number(hours) * 3600) }),
  };
  return (
    <Confirm
      title={`Hold node ${id}?`}
      action="Hold node"
      change={() => client.call(`/nodes/${encodeURIComponent(id)}/hold`, { method: 'POST', body })}
      done={`Node ${id} is held.`}
      onClose={onClose}
    >
      <p>A held node is kept for debugging and given to nobody.</p>
      <label class="field">
        <span>Comment</span>
        <input
          type="text"
          value={comment}
          maxLength={1000}
          onInput={({ currentTarget }) => setComment(currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Hours until it is deleted (empty: never)</span>
        <input
          type="number"
          min="0.01"
          step="any"
          value={hours}
          onInput={({ currentTarget }) => setHours(currentTarget.value)}
        />
      </label>
    </Confirm>
  );
}
