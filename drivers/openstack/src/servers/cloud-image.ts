import { type CallContext, type CloudImage, ProviderError, providerErrorCode } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { Cached, findIn } from '../cached.js';
import type { Glance } from '../images/glance.js';

/** Finds the images that a cloud has of its own by the name in the configuration. */
export class CloudImageIds {
  readonly #glance: Glance;
  readonly #cloudName: string;
  readonly #clock: Clock;
  readonly #byName = new Map<string, Cached<string | undefined>>();

  constructor(glance: Glance, cloudName: string, clock: Clock) {
    this.#glance = glance;
    this.#cloudName = cloudName;
    this.#clock = clock;
  }

  clear(): void {
    this.#byName.clear();
  }

  /** @throws ProviderError `launch-failed` when there is no such image now. */
  async find(image: CloudImage, ctx: CallContext): Promise<string> {
    if (image.imageId !== undefined) return image.imageId;
    const name = image.imageName ?? image.name;
    const id = await findIn(this.#cached(name), (found) => found, ctx);
    if (id !== undefined) return id;
    const cloud = this.#cloudName;
    throw new ProviderError(
      'launch-failed',
      `cloud "${cloud}" has no active image "${name}", which cloud-image "${image.name}" stands for: correct image-name or image-id, see "openstack --os-cloud ${cloud} image list"`,
    );
  }

  #cached(name: string): Cached<string | undefined> {
    let cached = this.#byName.get(name);
    if (cached === undefined) {
      cached = new Cached((ctx) => this.#lookUp(name, ctx), this.#clock);
      this.#byName.set(name, cached);
    }
    return cached;
  }

  /** The newest active image of that name, or the one of that id: the SDK takes either for the other. */
  async #lookUp(name: string, ctx: CallContext): Promise<string | undefined> {
    const query = { name, status: 'active', sort: 'created_at:desc' };
    const named = (await this.#glance.list(query, ctx)).find((image) => image.name === name);
    if (named !== undefined || !uuid.test(name)) return named?.id;
    return this.#glance.get(name, ctx).then(
      ({ id, status }) => (status === 'active' ? id : undefined),
      (error: unknown) => {
        if (providerErrorCode(error) === 'not-found') return undefined;
        throw error;
      },
    );
  }
}

const uuid = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;
