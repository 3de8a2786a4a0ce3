import { type Check, judge } from './check.js';

/** What a ZooKeeper server says of itself. */
export interface ServerStatus {
  readonly server: string;
  /** The answer to `srvr`; undefined when nobody listens, empty when the server does not tell. */
  readonly answer: string | undefined;
}

/** The first with persistent recursive watches, which everything here stands on. */
const oldestServer = [3, 6] as const;

/** Whether each server is fit, and whether together they are one ensemble. Source: ZooKeeper Administrator's Guide, `srvr`. */
export function ensembleChecks(statuses: readonly ServerStatus[]): readonly Check[] {
  const told = statuses.filter(({ answer }) => answer !== undefined && answer !== '');
  return [...statuses.map(serverCheck), ...(told.length > 1 ? togetherChecks(told, statuses.length) : [])];
}

function serverCheck({ server, answer }: ServerStatus): Check {
  const check = `zookeeper ${server}`;
  if (answer === undefined) return { check, state: 'error', detail: 'cannot be reached' };
  if (answer.includes('not currently serving')) {
    return { check, state: 'error', detail: 'is not part of a quorum: look at its log and at the other servers' };
  }
  const [version, mode] = [versionOf(answer), modeOf(answer)];
  if (version === undefined || mode === undefined) {
    return { check, state: 'ok', detail: 'listens; to tell more it needs "srvr" in 4lw.commands.whitelist' };
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > oldestServer[0] || (major === oldestServer[0] && minor >= oldestServer[1]);
  return judge(
    check,
    isNew,
    `${mode}, ${version}`,
    `${version} is too old: install ${oldestServer.join('.')} or later`,
  );
}

function togetherChecks(told: readonly ServerStatus[], count: number): readonly Check[] {
  const modes = told.map(({ answer = '' }) => modeOf(answer));
  const versions = [...new Set(told.map(({ answer = '' }) => versionOf(answer)).filter((each) => each !== undefined))];
  const alone = modes.filter((mode) => mode === 'standalone').length;
  const leaders = modes.filter((mode) => mode === 'leader').length;
  const present = modes.filter((mode) => mode !== undefined && mode !== 'standalone').length;
  const isWhole = alone === 0 && leaders === 1 && present === count;
  return [
    judge(
      'zookeeper ensemble',
      isWhole,
      `${present} servers, one leader`,
      alone > 0
        ? `${alone} of ${count} servers stand alone: each has a tree of its own`
        : `${present} of ${count} servers serve, ${leaders} of them as leader`,
      alone > 0 || leaders !== 1 ? 'error' : 'warning',
    ),
    judge('zookeeper versions', versions.length <= 1, versions.join(), `differ: ${versions.join(', ')}`, 'warning'),
  ];
}

function versionOf(answer: string): string | undefined {
  return /^Zookeeper version: (\d+(?:\.\d+)*)/m.exec(answer)?.[1];
}

function modeOf(answer: string): string | undefined {
  return /^Mode: (\S+)/m.exec(answer)?.[1];
}
