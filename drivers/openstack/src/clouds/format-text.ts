import { ApiError } from '../errors.js';
import type { Setting, Settings } from './settings.js';

/**
 * Fills `{region_name}` and the like in a value from its neighbours, as Python's `str.format` does: `{{` is a brace.
 *
 * @param where names the setting in an error, such as `auth_url of cloud ovh`; the value itself may be a secret.
 * @throws ApiError `misconfigured` for a placeholder that nothing fills.
 */
export function formatText(text: string, values: Settings, where: string): string {
  return text.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, name: string | undefined) => {
    if (found === '{{') return '{';
    if (found === '}}') return '}';
    const value = name === undefined ? undefined : values[name];
    if (value === undefined || (typeof value === 'object' && value !== null)) {
      throw new ApiError('misconfigured', `${where}: a brace must hold the name of another setting, or be doubled`);
    }
    return pythonText(value);
  });
}

/** As Python prints it. */
export function pythonText(value: string | boolean | null): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value;
}

/** Every text of a cloud formatted; passwords are left alone, and whatever is not at the top. */
export function formatAll(settings: Settings, cloud: string): Settings {
  const formatted: Record<string, Setting> = { ...settings };
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value === 'string' && key !== 'password') {
      formatted[key] = formatText(value, formatted, `${key} of cloud ${cloud}`);
    }
  }
  return formatted;
}
