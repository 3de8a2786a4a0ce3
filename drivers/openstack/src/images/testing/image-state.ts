/** An image as the service shows it, with its properties. */
export interface StoredImage {
  readonly id: string;
  status: string;
  size: number | null;
  checksum: string | null;
  os_hash_algo: string | null;
  os_hash_value: string | null;
  [property: string]: unknown;
}

export interface StoredTask {
  readonly id: string;
  readonly type: string;
  readonly input: { readonly import_from: string; readonly image_properties: { readonly name: string } };
  status: string;
  message: string;
  result: { image_id: string } | null;
}

/** What the services hold. Tests read and change it as they like. */
export interface ImageCloudState {
  readonly images: Map<string, StoredImage>;
  readonly tasks: Map<string, StoredTask>;
  /** By `container/name`; the value is the md5 of the data. */
  readonly objects: Map<string, { readonly bytes: number; readonly etag: string; readonly headers: object }>;
  /** Import methods that the service offers. */
  importMethods: readonly string[];
  /** Looks at an image or a task that it takes until an import has ended. */
  looksUntilImported: number;
  /** Why imports fail; empty when they succeed. */
  importFailure: string;
  /** Looks at an image for which it stays as it is after an upload was cut off; then it is `queued` again. */
  looksUntilCutIsNoticed: number;
  /** Whether the object store knows static large objects. */
  hasStaticObjects: boolean;
  /** Data that the service has received last, to check them. */
  lastMd5: string;
  counter: number;
}

export function imageCloudState(): ImageCloudState {
  return {
    images: new Map(),
    tasks: new Map(),
    objects: new Map(),
    importMethods: ['glance-direct', 'web-download'],
    looksUntilImported: 2,
    importFailure: '',
    looksUntilCutIsNoticed: 0,
    hasStaticObjects: true,
    lastMd5: '',
    counter: 0,
  };
}
