import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { undescribedKeys } from '@nodepool/driver-api/conformance';
import { describe, expect, it } from 'vitest';
import { drivers, findDriver } from './drivers.js';

const folder = fileURLToPath(new URL('../../../drivers/', import.meta.url));

describe('the list of drivers', () => {
  it('names every driver folder, in alphabetical order', () => {
    const folders = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/src/index.ts`));

    expect(drivers.map(({ name }) => name)).toEqual(folders.sort());
  });

  it('finds a driver by the name that the configuration gives', () => {
    expect(findDriver('fake')).toBe(drivers[0]);
    expect(findDriver('cloud9')).toBeUndefined();
  });

  it.each(drivers)('describes every key of the $name driver', ({ configSchema }) => {
    expect(undescribedKeys(configSchema)).toEqual([]);
  });
});
