// What clouds.yaml holds, and how openstacksdk merges it. Numbers are kept as their text, as Python would print it: that
// is what openstacksdk makes of them too before it uses them.

export type Setting = string | boolean | null | readonly Setting[] | Settings;

export interface Settings {
  readonly [key: string]: Setting;
}

export function isSettings(value: Setting | undefined): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map under `key`, or an empty one. */
export function settingsAt(settings: Settings, key: string): Settings {
  const value = settings[key];
  return isSettings(value) ? value : {};
}

/** The text under `key`; undefined when there is none or it is empty. */
export function textAt(settings: Settings, key: string): string | undefined {
  const value = settings[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `over` wins; maps are merged all the way down. For secure.yaml over clouds.yaml. */
export function mergeDeep(under: Settings, over: Settings): Settings {
  const merged: Record<string, Setting> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isSettings(value) && isSettings(before) ? mergeDeep(before, value) : value;
  }
  return merged;
}

/** `over` wins; only `auth` is merged, and only its first level. For a cloud over its profile, a region over its cloud. */
export function mergeCloud(under: Settings, over: Settings): Settings {
  const auth = isSettings(over['auth']) ? { auth: { ...settingsAt(under, 'auth'), ...over['auth'] } } : {};
  return { ...under, ...over, ...auth };
}

/** Keys with underscores in place of dashes, all the way down; of two spellings the later one stands. */
export function withUnderscores(settings: Settings): Settings {
  const renamed: Record<string, Setting> = {};
  for (const [key, value] of Object.entries(settings)) {
    renamed[key.replaceAll('-', '_')] = isSettings(value) ? withUnderscores(value) : value;
  }
  return renamed;
}

/** Text as a truth value: only `true`, however capitalised, is true. */
export function toBoolean(value: Setting | undefined): boolean {
  return typeof value === 'string' ? value.toLowerCase() === 'true' : value === true;
}

/** Without the keys named. */
export function without(settings: Settings, keys: readonly string[]): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !keys.includes(key)));
}
