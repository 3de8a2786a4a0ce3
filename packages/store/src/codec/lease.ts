import { type Lease, leaseOutcomes, leaseStates } from '@nodepool/model';
import { baseName } from '../paths.js';
import { type Field, number, state, stateTime, text, textList, wrong } from './fields.js';
import { Codec } from './record.js';

const outcome: Field<Lease['outcome']> = {
  key: 'outcome',
  read: (fields) => leaseOutcomes.find((known) => known === fields['outcome']) ?? null,
  write: (value) => value,
};

/** Ours: no other program reads these records. */
export const leaseCodec = new Codec<Lease, Omit<Lease, 'id'>>(
  {
    state: state(leaseStates),
    stateTimeSec: stateTime,
    createdTimeSec: needed(number('created_time'), 'a number'),
    owner: needed(text('owner'), 'text'),
    labels: textList('labels'),
    provider: text('provider'),
    comment: text('comment'),
    ttlSec: needed(number('ttl'), 'a number'),
    expiresSec: needed(number('expires_time'), 'a number'),
    requestId: text('request_id'),
    nodes: textList('nodes'),
    outcome,
    reason: text('reason'),
    fingerprint: needed(text('fingerprint'), 'text'),
    nonce: needed(text('nonce'), 'text'),
  },
  (path) => ({ id: baseName(path) }),
);

/** A record without the value is no record. */
function needed<V>(field: Field<V | null>, what: string): Field<V> {
  return {
    key: field.key,
    read: (fields, mtimeMs) => field.read(fields, mtimeMs) ?? wrong(field.key, what),
    write: (value) => field.write(value),
  };
}
