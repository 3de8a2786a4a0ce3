/** What one builder is doing. Shown to people; nothing is decided on it. */
export interface BuilderStatus {
  /** As in the records of its builds. */
  readonly builderId: string;
  readonly hostname: string;
  /** Address of the server that shows its build logs. */
  readonly logUrl: string | null;
  readonly builds: readonly BuildProgress[];
  readonly uploads: readonly UploadProgress[];
}

export interface BuildProgress {
  readonly image: string;
  readonly buildId: string;
  readonly startedSec: number;
  /** What it is at, such as the hook of diskimage-builder that runs. */
  readonly step: string | null;
}

export interface UploadProgress {
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
  readonly uploadId: string;
  readonly startedSec: number;
  /** `validating` once the data have arrived and the gate has not been passed. */
  readonly phase: 'uploading' | 'validating';
  readonly bytesSent: number;
  readonly bytesTotal: number;
  /** Over the whole upload so far. */
  readonly bytesPerSec: number;
  /** Null while nothing has been sent. */
  readonly secondsLeft: number | null;
}
