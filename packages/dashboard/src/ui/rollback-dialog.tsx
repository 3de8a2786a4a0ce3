import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Image, RollbackResult } from '../api/types.js';
import { shortId } from '../state/happenings.js';
import { useApp } from './app-context.js';
import { Confirm } from './confirm.js';

type Plan = { readonly result: RollbackResult } | { readonly problem: string } | undefined;

/** Asks where to and why; says what each provider would then use as soon as there is a token to ask the server with. */
export function RollbackDialog({
  image,
  onClose,
}: {
  readonly image: Image;
  readonly onClose: () => void;
}): JSX.Element {
  const { client, notices } = useApp();
  const [provider, setProvider] = useState('');
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const path = `/images/${encodeURIComponent(image.name)}/rollback`;
  const body = {
    ...(provider !== '' && { provider }),
    ...(reason.trim() !== '' && { reason: reason.trim() }),
    ...(force && { force }),
  };
  const plan = usePlan(path, provider);
  const ready = image.builds.filter(({ state }) => state === 'ready');
  const rollBack = async (): Promise<void> => {
    const { retired_build: retired } = await client.call<RollbackResult>(path, { method: 'POST', body });
    if (retired !== '') notices.tell(`Build ${shortId(retired)} is being retired.`);
  };
  return (
    <Confirm
      title={`Roll back ${image.name}?`}
      action="Roll back"
      danger
      change={rollBack}
      done={`${image.name} was rolled back.`}
      onClose={onClose}
    >
      <p>
        The build in use, {shortId(ready[0]?.id ?? '')}, is deleted
        {ready[1] === undefined
          ? '; there is no ready build before it.'
          : ` and ${shortId(ready[1].id)} is used again.`}{' '}
        The image is paused until it is resumed.
      </p>
      <PlanText plan={plan} />
      <label class="field">
        <span>Provider</span>
        <select value={provider} onChange={({ currentTarget }) => setProvider(currentTarget.value)}>
          <option value="">all</option>
          {image.providers.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Reason</span>
        <input
          type="text"
          value={reason}
          maxLength={1000}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </label>
      <label class="check">
        <input type="checkbox" checked={force} onChange={({ currentTarget }) => setForce(currentTarget.checked)} />
        <span>Even when a provider is left without any ready image</span>
      </label>
    </Confirm>
  );
}

/** What the server would do; asked for only when the operator has a token already. */
function usePlan(path: string, provider: string): Plan {
  const { client } = useApp();
  const [plan, setPlan] = useState<Plan>();
  useEffect(() => {
    setPlan(undefined);
    if (!client.hasToken) return undefined;
    const stop = new AbortController();
    const body = { dry_run: true, ...(provider !== '' && { provider }) };
    client.call<RollbackResult>(path, { method: 'POST', body, signal: stop.signal }).then(
      (result) => setPlan({ result }),
      (error: unknown) => {
        if (!stop.signal.aborted) setPlan({ problem: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => stop.abort();
  }, [client, path, provider]);
  return plan;
}

function PlanText({ plan }: { readonly plan: Plan }): JSX.Element | null {
  if (plan === undefined) return null;
  if ('problem' in plan) return <p class="failure">{plan.problem}</p>;
  return (
    <ul class="plan">
      {plan.result.current.map(({ provider, build_id: build }) => (
        <li key={provider}>
          {provider}: {build === null ? 'no image' : `build ${shortId(build)}`}
        </li>
      ))}
    </ul>
  );
}
