import { type NodeRequest, requestStates } from '@nodepool/model';
import { baseName } from '../paths.js';
import { type Field, number, opaque, readNumber, state, stateTime, stored, text, textList, wrong } from './fields.js';
import { Codec } from './record.js';

const reuse: Field<boolean> = {
  key: 'reuse',
  read: (fields) => {
    const value = stored(fields, 'reuse', true);
    return value === null || typeof value === 'boolean' ? value === true : wrong('reuse', 'true or false');
  },
  write: (value) => value,
};

const relativePriority: Field<number> = {
  key: 'relative_priority',
  read: (fields) => readNumber('relative_priority', stored(fields, 'relative_priority', 0)) ?? 0,
  write: (value) => value,
};

/** Source: docs/compatibility/zookeeper.md section 5. */
export const requestCodec = new Codec<NodeRequest, Omit<NodeRequest, 'id'>>(
  {
    state: state(requestStates),
    stateTimeSec: stateTime,
    declinedBy: textList('declined_by'),
    nodeTypes: textList('node_types'),
    nodes: textList('nodes'),
    reuse,
    requestor: text('requestor'),
    requestorData: opaque('requestor_data'),
    provider: text('provider'),
    relativePriority,
    eventId: text('event_id'),
    createdTimeSec: number('created_time'),
    tenantName: text('tenant_name'),
  },
  (path) => ({ id: baseName(path) }),
);
