import type { NodeRequest } from '@nodepool/model';
import { Wakeup } from '@nodepool/runtime';
import { isZooKeeperError, type ZooKeeper } from '@nodepool/zookeeper';
import { isUnreadable, type Snapshot } from './codec/record.js';
import { requestCodec } from './codec/request.js';
import { StoreError } from './errors.js';
import type { RecordStoreOptions } from './options.js';
import { requestPath } from './paths.js';
import { ifPresent } from './records.js';
import { reconnected } from './session.js';

/** Reads the request, and again whenever its watch fires or the connection changes: a cut may have hidden the answer. */
export async function untilAnswered(
  { writer: { zk }, clock }: RecordStoreOptions,
  id: string,
  signal: AbortSignal,
): Promise<Snapshot<NodeRequest> | undefined> {
  const wakeup = new Wakeup(clock);
  const mark = (): void => wakeup.mark();
  using _states = zk.onState(mark);
  for (;;) {
    await reconnected(zk, signal);
    const read = await readWatched(zk, id, mark, signal);
    if (read !== 'cut' && (read === undefined || isAnswered(read))) return read;
    await wakeup.next(undefined, signal);
    signal.throwIfAborted();
  }
}

async function readWatched(
  zk: ZooKeeper,
  id: string,
  watch: () => void,
  signal: AbortSignal,
): Promise<Snapshot<NodeRequest> | 'cut' | undefined> {
  const path = requestPath(id);
  try {
    const found = await ifPresent(zk.get(path, { watch, signal }));
    const record = found === undefined ? undefined : requestCodec.decode(path, found.data, found.stat);
    if (record === undefined || !isUnreadable(record)) return record;
    throw new StoreError('NP_RECORD_UNREADABLE', `reading ${path} (${record.reason})`);
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_CONNECTION_LOSS', 'ZK_SESSION_EXPIRED')) return 'cut';
    throw error;
  }
}

function isAnswered({ record: { state } }: Snapshot<NodeRequest>): boolean {
  return state === 'fulfilled' || state === 'failed';
}
