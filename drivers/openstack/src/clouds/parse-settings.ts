import { isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { ApiError } from '../errors.js';
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
    intAsBigInt: true,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
  });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0]);
    throw new ApiError('misconfigured', `${file}, line ${line}: not valid YAML (${problem.code})`);
  }
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === 'number') node.value = floatText(node.value);
    },
  });
  const settings = toSetting(document.toJS({ maxAliasCount: 1000 }));
  if (settings === null) return {};
  if (!isSettings(settings)) throw new ApiError('misconfigured', `${file}: must be a map with the key clouds`);
  return settings;
}

/** As Python prints it. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function toSetting(value: unknown): Setting {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(toSetting);
  if (typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toSetting(item)]));
}
