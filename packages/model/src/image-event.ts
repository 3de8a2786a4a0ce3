/** What happens to an image that somebody may want to know later. */
export const imageEventKinds = [
  'build-requested',
  'build-ready',
  'build-failed',
  'build-deleted',
  'upload-ready',
  'upload-failed',
  'upload-deleted',
  'gate-passed',
  'gate-refused',
  'paused',
  'resumed',
  'rolled-back',
] as const;

export type ImageEventKind = (typeof imageEventKinds)[number];

/** One line of the history of an image. */
export interface ImageEvent {
  readonly image: string;
  readonly kind: ImageEventKind;
  /** Seconds since the epoch. */
  readonly timeSec: number;
  /** Id of the build, where the event is about one. */
  readonly buildId: string | null;
  readonly provider: string | null;
  readonly uploadId: string | null;
  /** FQDN of the builder, or `<user>@<host>` of the operator. */
  readonly by: string;
  /** Why, for people. */
  readonly text: string | null;
}
