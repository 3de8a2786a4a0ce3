import { describe, expect, it } from 'vitest';
import { checkFile, type Manifest } from './house-rules.js';

const manifest = (name: string, ...dependencies: string[]): Manifest => ({
  name,
  dependencies: new Set(dependencies),
  devDependencies: new Set(['@nodepool/driver-fake']),
});

const manifests = new Map([
  ['packages/store', manifest('@nodepool/store', '@nodepool/model', '@nodepool/launcher', '@nodepool/runtime')],
  ['packages/launcher', manifest('@nodepool/launcher', '@nodepool/store', '@nodepool/driver-fake', 'ssh2')],
  ['drivers/fake', manifest('@nodepool/driver-fake', '@nodepool/driver-api', '@nodepool/store')],
]);

const messages = (file: string, text: string): readonly string[] =>
  checkFile({ file, text }, manifests).map(({ line, message }) => `${line}: ${message}`);

describe('import rules', () => {
  it('lets a package import what stands above it', () => {
    expect(messages('packages/store/src/a.ts', "import { x } from '@nodepool/model';\n")).toEqual([]);
  });

  it('refuses an import of a package below', () => {
    expect(messages('packages/store/src/a.ts', "\nimport { x } from '@nodepool/launcher';\n")).toEqual([
      '2: @nodepool/launcher stands below packages/store: imports point upwards only',
    ]);
  });

  it('refuses a package that is not declared', () => {
    expect(messages('packages/store/src/a.ts', "import { x } from 'ssh2';\n")).toEqual([
      '1: ssh2 is not among the dependencies of packages/store/package.json',
    ]);
  });

  it('refuses a relative import that leaves the package', () => {
    expect(messages('packages/store/src/a.ts', "import { x } from '../../model/src/node.js';\n")).toEqual([
      '1: ../../model/src/node.js leaves the package: import it by its name',
    ]);
  });

  it('shows a driver nothing but model, runtime and driver-api', () => {
    expect(messages('drivers/fake/src/a.ts', "import { x } from '@nodepool/store';\n")).toEqual([
      '1: a driver sees only @nodepool/model, @nodepool/runtime, @nodepool/driver-api',
    ]);
  });

  it('keeps drivers out of everything but the registry and tests', () => {
    const text = "import { fake } from '@nodepool/driver-fake';\n";

    expect(messages('packages/launcher/src/a.ts', text)).toEqual(['1: only driver-registry sees drivers']);
    expect(messages('packages/launcher/src/a.test.ts', text)).toEqual([]);
  });

  it('keeps test doubles out of the product', () => {
    const text = "const x = await import('@nodepool/store/memory');\n";

    expect(messages('packages/launcher/src/a.ts', text)).toEqual(['1: @nodepool/store/memory is for tests only']);
    expect(messages('packages/launcher/src/a.test.ts', text)).toEqual([]);
  });
});

describe('time', () => {
  it('comes from a clock that was passed in', () => {
    expect(messages('packages/store/src/a.ts', 'const now = Date.now();\n')).toEqual([
      '1: Date.now( outside packages/runtime: take a Clock or a Random as a parameter',
    ]);
    expect(messages('packages/runtime/src/clock.ts', 'const now = Date.now();\n')).toEqual([]);
  });
});
