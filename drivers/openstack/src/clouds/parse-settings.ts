import { LineCounter, parseDocument } from 'yaml';
import { ApiError } from '../errors.js';
import { pythonScalars } from './python-scalars.js';
import { isSettings, type Setting, type Settings } from './settings.js';

/**
 * Reads YAML as PyYAML's safe loader does (YAML 1.1: `yes` is true, `010` is 8), or JSON, which is YAML but for tabs.
 * An empty file is an empty map.
 *
 * @throws ApiError `misconfigured` with file and line. The parser's own words are left out: they quote the file, and
 *   what stands there may be a password.
 */
export function parseSettings(text: string, file: string): Settings {
  const lines = new LineCounter();
  const document = parseDocument(file.endsWith('.json') ? text.replaceAll('\t', ' ') : text, {
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    customTags: pythonScalars,
  });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0]);
    throw new ApiError('misconfigured', `${file}, line ${line}: not valid YAML (${problem.code})`);
  }
  const settings = toSetting(document.toJS({ maxAliasCount: 1000 }));
  if (settings === null) return {};
  if (!isSettings(settings)) throw new ApiError('misconfigured', `${file}: must be a map with the key clouds`);
  return settings;
}

function toSetting(value: unknown): Setting {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(toSetting);
  if (typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toSetting(item)]));
}
