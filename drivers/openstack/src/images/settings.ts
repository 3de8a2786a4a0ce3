/** How a provider is to handle images, besides what its clouds.yaml says. */
export interface ImageSettings {
  /** How data get into an image; undefined sends them directly, or stages them where the cloud takes none directly. */
  readonly imageImportMethod: 'glance-direct' | 'web-download' | undefined;
  /** Where the cloud finds the builder's images directory, for `web-download`. */
  readonly imageImportUrl: string | undefined;
  /** Whether images of ours that no record knows may be removed. */
  readonly cleanImages: boolean;
}
