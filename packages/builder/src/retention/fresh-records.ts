import type { ImageStore } from '@nodepool/store';
import type { ImageRecords } from '../records.js';

/** Records read from the server, once per image and pass: the last look before something is deleted. */
export class FreshRecords {
  readonly #images: ImageStore;
  readonly #read = new Map<string, Promise<ImageRecords>>();

  constructor(images: ImageStore) {
    this.#images = images;
  }

  /** Forgets what an earlier pass has read. */
  clear(): void {
    this.#read.clear();
  }

  of(image: string): Promise<ImageRecords> {
    const known = this.#read.get(image);
    if (known !== undefined) return known;
    const reading = this.#readAll(image);
    this.#read.set(image, reading);
    return reading;
  }

  async #readAll(image: string): Promise<ImageRecords> {
    const [builds, uploads] = await Promise.all([this.#images.builds(image), this.#images.uploads(image)]);
    return { image, builds: builds.map(({ record }) => record), uploads: uploads.map(({ record }) => record) };
  }
}
