import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Node, NodeRequest } from '../api/types.js';
import { toRow } from '../view/request-list.js';
import { routeHash } from '../view/route.js';
import { Age } from './age.js';
import { useApp } from './app-context.js';
import { Badge } from './badge.js';
import { Confirm } from './confirm.js';
import { Dialog } from './dialog.js';
import { ExplanationText } from './explanation.js';
import { Facts } from './facts.js';
import { Empty } from './panel.js';

export interface RequestDialogProps {
  readonly id: string;
  /** Undefined when it is gone. */
  readonly request: NodeRequest | undefined;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly onClose: () => void;
}

/** One request: how far it is and why, with the nodes it has so far. */
export function RequestDialog({ id, request, nodes, onClose }: RequestDialogProps): JSX.Element {
  const { client } = useApp();
  const [isCancelling, setCancelling] = useState(false);
  const path = `/requests/${encodeURIComponent(id)}`;
  const own = [...nodes.values()].filter(({ allocated_to: request }) => request === id);
  const ready = own.filter(({ state }) => state === 'ready').length;
  return (
    <Dialog title={`Request ${id}`} onClose={onClose} wide>
      <div class="dialog-body">
        {request === undefined ? (
          <Empty>There is no request {id}, or no longer.</Empty>
        ) : (
          <>
            <RequestFacts request={request} />
            <OwnNodes nodes={own} />
            <ExplanationText
              path={`${path}/explanation`}
              version={`${request.state} ${request.declined_by.length} ${own.length} ${ready}`}
            />
          </>
        )}
      </div>
      {request !== undefined && (
        <div class="buttons">
          <button
            type="button"
            class="danger"
            onClick={() => setCancelling(true)}
            disabled={request.state === 'fulfilled'}
          >
            Cancel request
          </button>
        </div>
      )}
      {isCancelling && (
        <Confirm
          title={`Cancel request ${id}?`}
          action="Cancel request"
          danger
          change={() => client.call(path, { method: 'DELETE' })}
          done={`Request ${id} was cancelled.`}
          onClose={() => setCancelling(false)}
        >
          <p>Whoever made it sees that it is gone. Nodes that were prepared for it are used for others.</p>
        </Confirm>
      )}
    </Dialog>
  );
}

function RequestFacts({ request }: { readonly request: NodeRequest }): JSX.Element {
  const { open, since, isStock } = toRow(request);
  return (
    <Facts
      facts={[
        ['State', <Badge key="state" state={request.state} />],
        [open ? 'Waits for' : 'Ended', <Age key="age" since={since} />],
        ['Labels', request.labels.join(', ')],
        ['Requestor', isStock ? 'the launchers, to keep min-ready nodes' : request.requestor],
        ['Tenant', request.tenant_name],
        ['Priority', request.priority],
        ['Relative priority', String(request.relative_priority)],
        ['Preferred provider', request.provider],
        ['Event', request.event_id],
        ['Declined by', request.declined_by.join(', ')],
      ]}
    />
  );
}

function OwnNodes({ nodes }: { readonly nodes: readonly Node[] }): JSX.Element {
  return (
    <section aria-label="Nodes of the request">
      <h3>Nodes</h3>
      {nodes.length === 0 && <p class="quiet">None so far.</p>}
      <ul class="own-nodes">
        {nodes.map(({ id, state, labels, provider, state_time: since }) => (
          <li key={id}>
            <a href={routeHash({ page: 'nodes', id })}>{id}</a> <Badge state={state} /> {labels.join(', ')}
            {provider !== null && ` in ${provider}`}, <Age since={since} />
          </li>
        ))}
      </ul>
    </section>
  );
}
