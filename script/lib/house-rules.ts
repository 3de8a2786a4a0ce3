// The rules of the house that the linter does not know: which package may import which, and where time comes from.
// Run by script/lint; exits 1 and names file, line and remedy for each breach.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

export interface Manifest {
  readonly name: string;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

/** From the bottom up: a package may import only what stands above it in this list. */
export const layers: readonly string[] = [
  'model',
  'runtime',
  'zookeeper',
  'vhd',
  'telemetry',
  'driver-api',
  'config',
  'store',
  'listings',
  'operations',
  'driver-registry',
  'daemon',
  'leases',
  'dashboard',
  'web',
  'launcher',
  'builder',
  'simulator',
  'standalone',
  'cli',
];

/** What a driver sees of the rest. */
const visibleToDrivers = new Set(['@nodepool/model', '@nodepool/runtime', '@nodepool/driver-api']);

/** Where the machine's clock and timers may be touched. */
const timeKeepers = [
  'packages/runtime/',
  'packages/zookeeper/src/timers.ts',
  'packages/dashboard/src/browser/clock.ts',
];

const testOnlyPaths = /\.test\.ts$|\/(testing|memory|conformance)\/|^test\/|^bench\/|\/bench\//;
const testOnlySubpaths = /^@nodepool\/[^/]+\/(testing|memory|conformance)$/;
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g;
const timePattern =
  /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|node:timers\/promises|\bMath\.random\(/g;

/** All breaches of one file. */
export function checkFile(source: SourceFile, manifests: ReadonlyMap<string, Manifest>): readonly Breach[] {
  const home = homeOf(source.file);
  const breaches: Breach[] = [];
  const report = (index: number, message: string): void => {
    breaches.push({ file: source.file, line: source.text.slice(0, index).split('\n').length, message });
  };
  for (const match of source.text.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const index = match.index + match[0].indexOf(specifier);
    const message = home === undefined ? undefined : checkImport(source.file, home, specifier, manifests.get(home));
    if (message !== undefined) report(index, message);
  }
  if (!testOnlyPaths.test(source.file) && !timeKeepers.some((place) => source.file.startsWith(place))) {
    for (const match of source.text.matchAll(timePattern)) {
      report(match.index, `${match[0]} outside packages/runtime: take a Clock or a Random as a parameter`);
    }
  }
  return breaches;
}

/** The workspace folder of a source file, such as `packages/store`. */
function homeOf(file: string): string | undefined {
  return /^((?:packages|drivers)\/[^/]+)\/src\//.exec(file)?.[1];
}

function checkImport(
  file: string,
  home: string,
  specifier: string,
  manifest: Manifest | undefined,
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file), specifier));
    return target.startsWith(`${home}/`) ? undefined : `${specifier} leaves the package: import it by its name`;
  }
  if (specifier.startsWith('node:')) return undefined;
  const name = packageName(specifier);
  const inTest = testOnlyPaths.test(file);
  if (name.startsWith('@nodepool/')) {
    const order = checkOrder(home, name, inTest);
    if (order !== undefined) return order;
    if (testOnlySubpaths.test(specifier) && !inTest) return `${specifier} is for tests only`;
  }
  const declared =
    manifest?.dependencies.has(name) === true ||
    (inTest && manifest?.devDependencies.has(name) === true) ||
    manifest?.name === name;
  return declared || (inTest && rootTestTools.has(name))
    ? undefined
    : `${name} is not among the dependencies of ${home}/package.json`;
}

const rootTestTools = new Set(['vitest', 'fast-check']);

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function checkOrder(home: string, name: string, inTest: boolean): string | undefined {
  const short = name.slice('@nodepool/'.length);
  if (home.startsWith('drivers/')) {
    return visibleToDrivers.has(name) || name === `@nodepool/driver-${home.slice('drivers/'.length)}`
      ? undefined
      : `a driver sees only ${[...visibleToDrivers].join(', ')}`;
  }
  if (short.startsWith('driver-') && short !== 'driver-api' && short !== 'driver-registry') {
    return inTest || home === 'packages/driver-registry' ? undefined : 'only driver-registry sees drivers';
  }
  const importer = layers.indexOf(home.slice('packages/'.length));
  const imported = layers.indexOf(short);
  if (importer < 0) return `${home} is not in the list of layers in script/lib/house-rules.ts`;
  if (home === 'packages/zookeeper' && name !== '@nodepool/zookeeper') return 'zookeeper knows nothing of Nodepool';
  return imported >= 0 && imported <= importer ? undefined : `${name} stands below ${home}: imports point upwards only`;
}

function readManifests(root: string): ReadonlyMap<string, Manifest> {
  const manifests = new Map<string, Manifest>();
  for (const file of globSync('{packages,drivers}/*/package.json', { cwd: root })) {
    const json: unknown = JSON.parse(readFileSync(join(root, file), 'utf8'));
    if (typeof json !== 'object' || json === null || !('name' in json) || typeof json.name !== 'string') continue;
    const names = (key: 'dependencies' | 'devDependencies'): Set<string> =>
      new Set(key in json ? Object.keys((json as Record<string, object>)[key] ?? {}) : []);
    manifests.set(dirname(file), {
      name: json.name,
      dependencies: names('dependencies'),
      devDependencies: names('devDependencies'),
    });
  }
  return manifests;
}

function main(root: string): number {
  const manifests = readManifests(root);
  const files = globSync('{packages,drivers}/*/src/**/*.{ts,tsx}', { cwd: root });
  const breaches = files.flatMap((file) =>
    checkFile({ file: relative('.', file), text: readFileSync(join(root, file), 'utf8') }, manifests),
  );
  for (const { file, line, message } of breaches) process.stderr.write(`${file}:${line}: ${message}\n`);
  return breaches.length === 0 ? 0 : 1;
}

if (/house-rules\.[jt]s$/.test(process.argv[1] ?? '') && existsSync('package.json'))
  process.exitCode = main(process.cwd());
