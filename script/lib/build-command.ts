// Bundles the start of the operator command into packages/cli/dist/nodepool.js: a few files instead of hundreds are
// looked for and read each time it runs. Run by script/bootstrap; bin/nodepool takes it while nothing is newer.
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const folder = 'packages/cli/dist';

/** Of our packages those that every command needs, and those that share classes of errors with them. */
const ownPackages = [
  ...['cli', 'model', 'runtime', 'zookeeper', 'store', 'listings', 'operations', 'daemon', 'config', 'leases'],
];
const ownPattern = new RegExp(`^@nodepool/(${ownPackages.join('|')})(/|$)`);
/** Of others those without which hardly any command starts. */
const foreignPattern = /^(commander|yaml|pino)$/;

/** What stays outside is loaded from where it is compiled, when it is asked for: drivers, daemons, what has threads. */
const leaveTheRest: Plugin = {
  name: 'leave the rest',
  setup(setup) {
    setup.onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point' || ownPattern.test(path) || foreignPattern.test(path)) return undefined;
      // What a bundled library needs of others comes with it.
      return importer.includes('/node_modules/') && !path.startsWith('node:') ? undefined : { path, external: true };
    });
  },
};

/** Writes the bundle; a command that is just being started finds the old one or the new one. */
export async function buildCommand(): Promise<void> {
  const { metafile } = await build({
    entryPoints: { 'nodepool-new': join(folder, 'main.js') },
    chunkNames: 'nodepool-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.12',
    // Libraries that are not modules ask for the modules of the platform in their own way.
    banner: {
      js: "import { createRequire as _createRequire } from 'node:module'; const require = _createRequire(import.meta.url);",
    },
    outdir: folder,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    plugins: [leaveTheRest],
  });
  const present = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const suffix of ['.js.map', '.js']) {
    await rename(join(folder, `nodepool-new${suffix}`), join(folder, `nodepool${suffix}`));
  }
  for (const name of await readdir(folder)) {
    if (/^nodepool-[0-9A-Z]{8}\.js(\.map)?$/.test(name) && !present.has(name)) await rm(join(folder, name));
  }
}

if (/build-command\.[jt]s$/.test(process.argv[1] ?? '')) await buildCommand();
