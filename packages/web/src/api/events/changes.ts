/** What has changed, by id; what is listed whole has a flag. */
export interface Changes {
  readonly nodes: ReadonlySet<string>;
  readonly requests: ReadonlySet<string>;
  readonly images: ReadonlySet<string>;
}

/** Changes that are being gathered. */
export class GatheredChanges implements Changes {
  readonly nodes = new Set<string>();
  readonly requests = new Set<string>();
  readonly images = new Set<string>();

  /** Number of ids: what keeping it costs. */
  get size(): number {
    return this.nodes.size + this.requests.size + this.images.size;
  }

  add({ nodes, requests, images }: Changes): void {
    for (const id of nodes) this.nodes.add(id);
    for (const id of requests) this.requests.add(id);
    for (const id of images) this.images.add(id);
  }
}
