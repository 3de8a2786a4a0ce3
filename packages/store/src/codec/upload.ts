import { type ImageUpload, uploadStates } from '@nodepool/model';
import { parseImagePath } from '../paths.js';
import { optionalText, state, stateTime, text } from './fields.js';
import { UnreadableError } from './json.js';
import { Codec } from './record.js';

/** Source: docs/compatibility/zookeeper.md section 6.2. */
export const uploadCodec = new Codec<ImageUpload, Omit<ImageUpload, 'id' | 'image' | 'buildId' | 'provider'>>(
  {
    state: state(uploadStates),
    stateTimeSec: stateTime,
    externalId: text('external_id'),
    externalName: text('external_name'),
    format: text('format'),
    username: text('username', 'zuul'),
    pythonPath: text('python_path', '/usr/bin/python2'),
    shellType: text('shell_type'),
    failureReason: optionalText('failure_reason'),
  },
  (path) => {
    const place = parseImagePath(path);
    if (place?.kind !== 'upload') throw new UnreadableError('not a place of an upload');
    const { image, buildId, provider, uploadId } = place;
    return { id: uploadId, image, buildId, provider };
  },
);
