import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Node } from '../api/types.js';
import { amountText } from '../view/bars.js';
import { routeHash } from '../view/route.js';
import { Age } from './age.js';
import { useApp } from './app-context.js';
import { Badge } from './badge.js';
import { Confirm } from './confirm.js';
import { Dialog } from './dialog.js';
import { ExplanationText } from './explanation.js';
import { type Fact, Facts } from './facts.js';
import { HoldDialog } from './hold-dialog.js';
import { Empty } from './panel.js';

export interface NodeDialogProps {
  readonly id: string;
  /** Undefined when it is gone. */
  readonly node: Node | undefined;
  readonly onClose: () => void;
}

/** Everything about one node, why it is where it is, and what can be done with it. */
export function NodeDialog({ id, node, onClose }: NodeDialogProps): JSX.Element {
  const { client } = useApp();
  const [asked, setAsked] = useState<'hold' | 'delete'>();
  const close = (): void => setAsked(undefined);
  const path = `/nodes/${encodeURIComponent(id)}`;
  return (
    <Dialog title={`Node ${id}`} onClose={onClose} wide>
      <div class="dialog-body">
        {node === undefined ? (
          <Empty>There is no node {id}, or no longer.</Empty>
        ) : (
          <>
            <Facts facts={factsOf(node)} />
            <ExplanationText path={`${path}/explanation`} version={`${node.state} ${node.locked}`} />
          </>
        )}
      </div>
      {node !== undefined && (
        <div class="buttons">
          <button type="button" onClick={() => setAsked('hold')} disabled={node.state === 'hold'}>
            Hold
          </button>
          <button type="button" class="danger" onClick={() => setAsked('delete')} disabled={node.state === 'deleting'}>
            Delete
          </button>
        </div>
      )}
      {asked === 'hold' && <HoldDialog id={id} onClose={close} />}
      {asked === 'delete' && (
        <Confirm
          title={`Delete node ${id}?`}
          action="Delete node"
          danger
          change={() => client.call(path, { method: 'DELETE' })}
          done={`Node ${id} is being deleted.`}
          onClose={close}
        >
          <p>The machine and everything on it are removed. This cannot be undone.</p>
          {node?.state === 'in-use' && <p class="failure">A job is using this node now.</p>}
        </Confirm>
      )}
    </Dialog>
  );
}

function factsOf(node: Node): readonly Fact[] {
  const { allocated_to: request, external_id: external, resources } = node;
  const held = node.hold_expiration;
  return [
    ['State', <Badge key="state" state={node.state} note={node.locked ? 'locked' : undefined} />],
    ['In this state for', <Age key="age" since={node.state_time} />],
    ['Created', node.created_time === null ? null : <Age key="created" since={node.created_time} />],
    ['Labels', node.labels.join(', ')],
    ['Provider', node.provider],
    ['Pool', node.pool],
    ['Zone', node.az ?? node.region],
    ['Launcher', node.launcher],
    ['Request', request && <a href={routeHash({ page: 'requests', id: request })}>{request}</a>],
    ['Requestor', node.requestor],
    ['Tenant', node.tenant_name],
    ['Address', node.interface_ip],
    ['Login', node.username === null ? null : `${node.username}, ${node.connection_type ?? 'ssh'}`],
    ['Port', node.connection_port === null ? null : String(node.connection_port)],
    ['Host name', node.hostname],
    ['Instance', typeof external === 'string' ? external : external === null ? null : JSON.stringify(external)],
    ['Image', node.image_id],
    ['Resources', resources && Object.entries(resources).map(resourceText).join(', ')],
    ['Held by job', node.hold_job],
    ['Hold ends after', held === null ? null : held === 0 ? 'never' : `${held} s`],
    ['Comment', node.comment],
  ];
}

function resourceText([name, amount]: readonly [string, number]): string {
  return `${amountText(name, amount)} ${name}`;
}
