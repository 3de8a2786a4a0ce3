import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Config } from '@nodepool/config';

/** Something that a configuration needs of the machine. */
export interface Prerequisite {
  readonly what: string;
  /** What does not work without it. */
  readonly neededFor: string;
  /** The exact command that installs it. */
  readonly install: string;
  /** Without it nothing works at all. */
  readonly essential: boolean;
}

interface Rule extends Prerequisite {
  readonly needed: (config: Config) => boolean;
  readonly present: (machine: Machine) => boolean;
}

/** What of the machine the check looks at. */
export interface Machine {
  /** Whether a program is on the path. */
  hasProgram(name: string): boolean;
  hasFile(path: string): boolean;
}

const debian = (...packages: readonly string[]): string =>
  `apt-get install --no-install-recommends ${packages.join(' ')}`;

const ownZooKeeper = (config: Config): boolean => config.zookeeper.servers.length === 0;
const usesQemu = (config: Config): boolean => [...config.providers.values()].some(({ driver }) => driver === 'qemu');
const buildsImages = (config: Config): boolean =>
  [...config.diskimages.values()].some(({ dibCmd }) => dibCmd.split(/\s+/)[0]?.endsWith('disk-image-create') === true);

const rules: readonly Rule[] = [
  {
    what: 'Java',
    neededFor: 'the ZooKeeper server',
    install: debian('default-jre-headless'),
    essential: true,
    needed: ownZooKeeper,
    present: (machine) => machine.hasProgram('java'),
  },
  {
    what: 'ZooKeeper',
    neededFor: 'all state',
    install: debian('zookeeper'),
    essential: true,
    needed: ownZooKeeper,
    present: (machine) => machine.hasFile('/usr/share/java/zookeeper.jar'),
  },
  {
    what: 'disk-image-create',
    neededFor: 'image builds',
    install: debian('python3-diskimage-builder', 'qemu-utils', 'sudo', 'procps', 'kpartx', 'gdisk', 'dosfstools'),
    essential: false,
    needed: buildsImages,
    present: (machine) => machine.hasProgram('disk-image-create'),
  },
  {
    what: 'qemu-img',
    neededFor: 'image builds and virtual machines',
    install: debian('qemu-utils'),
    essential: false,
    needed: (config) => buildsImages(config) || usesQemu(config),
    present: (machine) => machine.hasProgram('qemu-img'),
  },
  {
    what: 'qemu',
    neededFor: 'providers of driver qemu',
    install: debian('qemu-system-x86'),
    essential: false,
    needed: usesQemu,
    present: (machine) => machine.hasProgram('qemu-system-x86_64'),
  },
  {
    what: 'xorriso',
    neededFor: 'the configuration drives of virtual machines',
    install: debian('xorriso'),
    essential: false,
    needed: usesQemu,
    present: (machine) => machine.hasProgram('xorriso'),
  },
];

/** What `config` needs and `machine` lacks, the essential first. */
export function missingPrerequisites(config: Config, machine: Machine): readonly Prerequisite[] {
  return rules
    .filter((rule) => rule.needed(config) && !rule.present(machine))
    .sort((left, right) => Number(right.essential) - Number(left.essential))
    .map(({ what, neededFor, install, essential }) => ({ what, neededFor, install, essential }));
}

/** The machine that this process runs on. */
export function thisMachine(path: string): Machine {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const isUsable = (file: string, mode: number): boolean => {
    try {
      accessSync(file, mode);
      return true;
    } catch {
      return false;
    }
  };
  return {
    hasProgram: (name) => folders.some((folder) => isUsable(join(folder, name), constants.X_OK)),
    hasFile: (file) => isUsable(file, constants.R_OK),
  };
}
