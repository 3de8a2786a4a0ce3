import type { CallContext } from '@nodepool/driver-api';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import type { CloudSession } from '../session/types.js';

// Source: https://docs.openstack.org/api-ref/block-storage/v3/#list-accessible-volumes-with-details

const Volume = z.object({ id: z.string(), size: z.number(), status: z.string().default('') });

/** A volume in one of these states is just being made, for a server that does not show it yet. */
const inTheMaking: ReadonlySet<string> = new Set(['creating', 'downloading', 'reserved', 'attaching']);

type Volume = z.output<typeof Volume>;

/** Sizes of the project's volumes, as far as quota needs them. */
export class VolumeSizes {
  readonly #session: CloudSession;
  #volumes: ReadonlyMap<string, Volume> = new Map();

  constructor(session: CloudSession) {
    this.#session = session;
  }

  /** Reads them anew. Sizes hardly change, so that this need not happen with every list of servers. */
  async refresh(ctx: CallContext): Promise<void> {
    const call = { path: '/volumes/detail', collection: 'volumes', doing: 'listing volumes' };
    const volumes = readAnswer(z.array(Volume), await this.#session.list('volume', call, ctx), call.doing);
    this.#volumes = new Map(volumes.map((volume) => [volume.id, volume]));
  }

  /** GB of these volumes together; unknown ones count nothing. */
  totalGb(ids: readonly string[]): number {
    return ids.reduce((sum, id) => sum + (this.#volumes.get(id)?.size ?? 0), 0);
  }

  /** Number and GB of all volumes but these and those in the making. */
  others(ids: ReadonlySet<string>): { readonly count: number; readonly gb: number } {
    let count = 0;
    let gb = 0;
    for (const { id, size, status } of this.#volumes.values()) {
      if (ids.has(id) || inTheMaking.has(status)) continue;
      count += 1;
      gb += size;
    }
    return { count, gb };
  }
}
