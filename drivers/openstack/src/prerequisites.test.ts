import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CloudPlaces } from './clouds/search-path.js';
import { prerequisitesOf } from './prerequisites.js';

let places: CloudPlaces;

beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'nodepool-clouds-'));
  places = { env: {}, cwd: home, home };
});

afterEach(() => rmSync(places.home, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(places.cwd, name), text);
const password = 'username: u, project_name: ci, user_domain_id: d, project_domain_id: d';
const place = { cloud: 'a', regionName: undefined };

it('are the files of the settings, and where one signs in', () => {
  write('clouds.yaml', `clouds: {a: {auth: {auth_url: https://h:5000/v3, ${password}}}}`);
  write('secure.yaml', 'clouds: {a: {auth: {password: hunter2}}}');

  expect(prerequisitesOf(place, places)).toEqual({
    secretFiles: [join(places.cwd, 'clouds.yaml'), join(places.cwd, 'secure.yaml')],
    urls: ['https://h:5000/v3'],
  });
});

it('cannot be told of a cloud that is nowhere', () => {
  expect(() => prerequisitesOf(place, places)).toThrow(/no clouds.yaml was found/);
});
