import { buildStates, type ImageBuild } from '@nodepool/model';
import { parseImagePath } from '../paths.js';
import { type Field, optionalText, state, stateTime, stored, text, wrong } from './fields.js';
import { UnreadableError } from './json.js';
import { Codec } from './record.js';

/** One text, comma-joined and sorted; left out while empty. */
const formats: Field<readonly string[]> = {
  key: 'formats',
  read: (fields) => {
    const value = stored(fields, 'formats', null);
    if (value === null) return [];
    if (typeof value !== 'string') return wrong('formats', 'text');
    return value.split(',').filter((format) => format !== '');
  },
  write: (value) => (value.length === 0 ? undefined : [...value].sort().join(',')),
};

/** Source: docs/compatibility/zookeeper.md section 6.1. */
export const buildCodec = new Codec<ImageBuild, Omit<ImageBuild, 'id' | 'image'>>(
  {
    state: state(buildStates),
    stateTimeSec: stateTime,
    builder: optionalText('builder'),
    builderId: optionalText('builder_id'),
    formats,
    username: text('username', 'zuul'),
    pythonPath: text('python_path', '/usr/bin/python2'),
    shellType: text('shell_type'),
  },
  (path) => {
    const place = parseImagePath(path);
    if (place?.kind !== 'build') throw new UnreadableError('not a place of a build');
    return { id: place.buildId, image: place.image };
  },
);
