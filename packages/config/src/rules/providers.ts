import type { Path } from '../finding.js';
import { defaultDriver, knownDrivers } from '../schema/providers.js';
import { suggestion } from '../suggest.js';
import type { ProviderView } from '../view.js';
import { error, type Rule, warning } from './rule.js';

/** The driver must be one of Nodepool's; one that this release lacks is said to be so. */
export const driverNames: Rule = ({ file, drivers }) =>
  file.providers.flatMap((provider, index) => {
    const driver = provider.driver ?? defaultDriver;
    if (drivers.has(driver)) return [];
    const path: Path = ['providers', index, 'driver'];
    const available = [...drivers].join(', ');
    if (knownDrivers.includes(driver)) {
      return [
        warning({
          code: 'NP_CONFIG_DRIVER_UNAVAILABLE',
          path,
          message: `the driver "${driver}" is not available in this release: its own keys were not checked, and the provider is not started`,
          remedy: `use another launcher for this provider, or one of the drivers ${available}`,
        }),
      ];
    }
    return [
      error({
        code: 'NP_CONFIG_UNKNOWN_DRIVER',
        path,
        message: `there is no driver "${driver}"${suggestion(driver, [...drivers, ...knownDrivers])}`,
        remedy: `use one of the drivers ${available}`,
      }),
    ];
  });

/** The original gives such names the driver `fake` whatever the file says; here only test mode does. */
export const fakeNames: Rule = ({ file, testMode }) =>
  file.providers.flatMap((provider, index) => {
    if (provider.name?.startsWith('fake') !== true || (!testMode && provider.driver === 'fake')) return [];
    const driver = provider.driver ?? defaultDriver;
    return [
      warning({
        code: 'NP_CONFIG_FAKE_NAME',
        path: ['providers', index, 'name'],
        message: testMode
          ? 'the provider has the driver "fake", because its name begins with "fake" and test mode is on'
          : `the provider has the driver "${driver}"; the original Nodepool would force "fake", because of its name`,
        remedy: 'say "driver: fake" if that is meant, or choose another name',
      }),
    ];
  });

/** 0 is not "unlimited", as the original's manual has it: nothing is handled. */
export const stoppedProviders: Rule = ({ file }) =>
  file.providers.flatMap((provider, index) => {
    if (provider['max-concurrency'] !== 0) return [];
    return [
      warning({
        code: 'NP_CONFIG_STOPPED',
        path: ['providers', index, 'max-concurrency'],
        message: 'with 0 the provider handles no requests at all',
        remedy: 'write -1 for no limit, or leave it at 0 to stop the provider',
      }),
    ];
  });

/** Clean-up takes what it finds unused in a project for its own; two providers of one project find the same. */
export const sharedClouds: Rule = ({ file }) => {
  const first = new Map<string, ProviderView>();
  return file.providers.flatMap((provider, index) => {
    if ((provider.driver ?? defaultDriver) !== 'openstack' || provider.cloud === undefined) return [];
    const account = JSON.stringify([provider.cloud, provider['region-name'] ?? null]);
    const other = first.get(account);
    if (other === undefined) {
      first.set(account, provider);
      return [];
    }
    if (!cleansUp(provider) && !cleansUp(other)) return [];
    return [
      warning({
        code: 'NP_CONFIG_SHARED_CLOUD',
        path: ['providers', index, 'cloud'],
        message: `the provider "${other.name ?? ''}" uses the same cloud and region, and floating IPs or ports are cleaned up there`,
        remedy:
          'set "clean-floating-ips: false" and "port-cleanup-interval: 0" in both, or merge them into one provider with two pools',
      }),
    ];
  });
};

/** Ports are cleaned up unless that is switched off; floating IPs only on demand. */
function cleansUp(provider: ProviderView): boolean {
  return provider['clean-floating-ips'] === true || provider['port-cleanup-interval'] !== 0;
}
