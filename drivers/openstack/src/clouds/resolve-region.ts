import { authTypeOf, gatherAuth } from './auth-options.js';
import { formatAll } from './format-text.js';
import { inPresentForm } from './old-spellings.js';
import { baseSettings } from './profiles.js';
import { pickRegion } from './regions.js';
import {
  isSettings,
  type Setting,
  type Settings,
  settingsAt,
  toBoolean,
  without,
  withUnderscores,
} from './settings.js';
import type { CloudSources } from './sources.js';

/** One region of one cloud, all its settings merged and in their present form. */
export interface ResolvedRegion {
  readonly cloud: string;
  /** Empty when the cloud does not name it. */
  readonly region: string;
  readonly forceIpv4: boolean;
  readonly settings: Settings;
}

/**
 * The settings of one region: defaults, vendor's profile, cloud and region, each over what comes before it.
 * Source: openstacksdk, `OpenStackConfig.get_one`.
 *
 * @throws ApiError `misconfigured`, naming the cloud and the remedy.
 */
export function resolveRegion(sources: CloudSources, cloud: string, wanted: string | undefined): ResolvedRegion {
  const base = without(baseSettings(sources, cloud), ['regions']);
  const region = pickRegion(sources, cloud, wanted);
  const whole = withUnderscores(inPresentForm(overlay(base, { ...region.values, region_name: region.name }), cloud));
  const gathered = formatAll(gatherAuth(whole, authTypeOf(whole, cloud)), cloud);
  const prefersIpv6 = gathered['prefer_ipv6'];
  return {
    cloud,
    region: region.name,
    forceIpv4:
      'force_ipv4' in gathered
        ? toBoolean(gathered['force_ipv4'])
        : sources.forceIpv4 || (prefersIpv6 !== undefined && !toBoolean(prefersIpv6)),
    settings: without(gathered, ['force_ipv4', 'prefer_ipv6']),
  };
}

/** A region's values over its cloud's; null says nothing. */
function overlay(settings: Settings, values: Settings): Settings {
  const given = Object.entries(values).filter(([, value]) => value !== null);
  const merged: Record<string, Setting> = { ...settings, ...Object.fromEntries(given) };
  const auth = values['auth'];
  if (isSettings(auth)) merged['auth'] = { ...settingsAt(settings, 'auth'), ...auth };
  return merged;
}
