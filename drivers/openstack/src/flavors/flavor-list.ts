import { type CallContext, type OpenStackLikeLabel, ProviderError } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { z } from 'zod';
import { readAnswer } from '../answer.js';
import { Cached, findIn } from '../cached.js';
import type { CloudSession } from '../session/types.js';
import { chooseFlavor, Flavor, flavorWish } from './flavors.js';

/** The flavors of a cloud, listed once. */
export class FlavorList {
  readonly #session: CloudSession;
  readonly #flavors: Cached<readonly Flavor[]>;

  constructor(session: CloudSession, clock: Clock) {
    this.#session = session;
    this.#flavors = new Cached((ctx) => this.#list(ctx), clock);
  }

  clear(): void {
    this.#flavors.clear();
  }

  /** @throws ProviderError `misconfigured` when no flavor is what the label asks for. */
  async ofLabel(label: OpenStackLikeLabel, ctx: CallContext): Promise<Flavor> {
    const flavor = await findIn(this.#flavors, (flavors) => chooseFlavor(flavors, label), ctx);
    if (flavor !== undefined) return flavor;
    const cloud = this.#session.cloudName;
    throw new ProviderError(
      'misconfigured',
      `cloud "${cloud}" has no flavor ${flavorWish(label)}, which label "${label.name}" asks for: correct flavor-name or min-ram, see "openstack --os-cloud ${cloud} flavor list"`,
    );
  }

  /** Undefined for one that is no longer listed. */
  async byId(id: string, ctx: CallContext): Promise<Flavor | undefined> {
    return (await this.#flavors.get(ctx)).find((flavor) => flavor.id === id);
  }

  async #list(ctx: CallContext): Promise<readonly Flavor[]> {
    const call = {
      path: '/flavors/detail',
      collection: 'flavors',
      query: { is_public: 'None' },
      doing: 'listing flavors',
    };
    return readAnswer(z.array(Flavor), await this.#session.list('compute', call, ctx), call.doing);
  }
}
