import type { BuilderStatus } from '@nodepool/model';
import type { Builder } from '../schemas/index.js';

/** What a builder has under way, as the API shows it. */
export function toBuilder({ builderId, hostname, builds, uploads }: BuilderStatus): Builder {
  return {
    id: builderId,
    hostname,
    builds: builds.map(({ image, buildId, startedSec, step }) => ({
      image,
      build_id: buildId,
      started_time: startedSec,
      step,
    })),
    uploads: uploads.map((upload) => ({
      image: upload.image,
      build_id: upload.buildId,
      provider: upload.provider,
      upload_id: upload.uploadId,
      started_time: upload.startedSec,
      phase: upload.phase,
      bytes_sent: upload.bytesSent,
      bytes_total: upload.bytesTotal,
      bytes_per_second: upload.bytesPerSec,
      seconds_left: upload.secondsLeft,
    })),
  };
}
