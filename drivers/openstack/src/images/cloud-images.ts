import { type CallContext, type CloudImage, providerErrorCode } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import type { Glance } from './glance.js';

/** How long an answer holds, milliseconds: a missing image is looked for more often, because somebody waits for it. */
const presentMs = 300_000;
const missingMs = 30_000;

interface Answer {
  readonly isThere: Promise<boolean>;
  readonly askedMs: number;
  validMs: number;
}

/** Tells which of the configured cloud images exist, without asking the cloud for each request. */
export class CloudImages {
  readonly #glance: Glance;
  readonly #clock: Clock;
  readonly #answers = new Map<string, Answer>();

  constructor(glance: Glance, clock: Clock) {
    this.#glance = glance;
    this.#clock = clock;
  }

  async has(image: CloudImage, ctx: CallContext): Promise<boolean> {
    const key = JSON.stringify([image.imageId, image.imageName, image.name]);
    const known = this.#answers.get(key);
    if (known !== undefined && this.#clock.monotonicMs() - known.askedMs < known.validMs) return await known.isThere;
    const isThere = this.#ask(image, ctx);
    const answer: Answer = { isThere, askedMs: this.#clock.monotonicMs(), validMs: presentMs };
    this.#answers.set(key, answer);
    try {
      if (!(await isThere)) answer.validMs = missingMs;
    } catch (error) {
      this.#answers.delete(key);
      throw error;
    }
    return await isThere;
  }

  /** By id as it is; by name when an image of that name, or with that id, is active. */
  async #ask({ imageId, imageName, name }: CloudImage, ctx: CallContext): Promise<boolean> {
    if (imageId !== undefined) return await this.#isActive(imageId, ctx);
    const wanted = imageName ?? name;
    const named = await this.#glance.list({ name: wanted, status: 'active' }, ctx);
    if (named.some((image) => image.name === wanted && image.status === 'active')) return true;
    return uuid.test(wanted) && (await this.#isActive(wanted, ctx));
  }

  async #isActive(id: string, ctx: CallContext): Promise<boolean> {
    try {
      return (await this.#glance.get(id, ctx)).status === 'active';
    } catch (error) {
      if (providerErrorCode(error) === 'not-found') return false;
      throw error;
    }
  }
}

const uuid = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;
