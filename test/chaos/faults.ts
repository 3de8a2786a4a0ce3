import type { Random } from '@nodepool/runtime';
import type { TestEnsemble, TestServer } from '@nodepool/zookeeper/testing';
import { usualKnobs } from './configuration.js';
import type { Victim } from './victim.js';

/** Something that goes wrong and is over after a while. */
export interface Fault {
  /** What suffers; one fault at a time for each. */
  readonly target: string;
  readonly words: string;
  /** Resolves when everything is as before. */
  inject(): Promise<void>;
}

export interface Scene {
  readonly victims: readonly Victim[];
  readonly ensemble: TestEnsemble;
  readonly random: Random;
}

type Draw = (scene: Scene) => Promise<Fault>;

/** Sessions last 4 s. */
const longerThanASessionMs = { from: 6_000, to: 15_000 };
const oneHourSec = 3_600;
/** What a server has been sent is on its disk after this time, on a busy machine as well. */
const writtenMs = 5_000;

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function between(random: Random, from: number, to: number): number {
  return Math.round(from + random.next() * (to - from));
}

function oneOf<T>(random: Random, things: readonly T[]): T {
  const thing = things[Math.floor(random.next() * things.length)];
  if (thing === undefined) throw new Error('nothing to choose from');
  return thing;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A fault of one daemon that lasts a while. */
function ofVictim(
  range: { readonly from: number; readonly to: number },
  what: (victim: Victim, ms: number, random: Random) => { readonly words: string; inject(): Promise<void> },
): Draw {
  return async ({ victims, random }) => {
    const victim = oneOf(random, victims);
    const { words, inject } = what(victim, between(random, range.from, range.to), random);
    return { target: victim.name, words: `${victim.name}: ${words}`, inject };
  };
}

const kill = ofVictim({ from: 0, to: 5_000 }, (victim, ms) => ({
  words: `killed, started again after ${seconds(ms)}`,
  inject: async () => {
    await victim.end('SIGKILL');
    await pass(ms);
    victim.start();
  },
}));

const stop = ofVictim({ from: 0, to: 3_000 }, (victim, ms) => ({
  words: `stopped, started again after ${seconds(ms)}`,
  inject: async () => {
    await victim.end('SIGINT');
    await pass(ms);
    victim.start();
  },
}));

const freezeFor = (range: { readonly from: number; readonly to: number }): Draw =>
  ofVictim(range, (victim, ms) => ({
    words: `frozen for ${seconds(ms)}`,
    inject: async () => {
      victim.freeze();
      await pass(ms);
      victim.thaw();
    },
  }));

const cut = ofVictim({ from: 0, to: 0 }, (victim) => ({
  words: 'connections reset',
  inject: async () => {
    for (const link of victim.links) link.cut();
  },
}));

const halfOpen = ofVictim({ from: 1_000, to: 12_000 }, (victim, ms) => ({
  words: `connections silent for ${seconds(ms)}`,
  inject: async () => {
    for (const link of victim.links) link.hold(true);
    await pass(ms);
    for (const link of victim.links) link.hold(false);
  },
}));

const slowNetwork = ofVictim({ from: 5_000, to: 15_000 }, (victim, ms, random) => {
  const delayMs = between(random, 30, 400);
  return {
    words: `network slower by ${delayMs} ms each way for ${seconds(ms)}`,
    inject: async () => {
      for (const link of victim.links) link.delay(delayMs);
      await pass(ms);
      for (const link of victim.links) link.delay(0);
    },
  };
});

const clockJump = ofVictim({ from: 5_000, to: 25_000 }, (victim, ms, random) => {
  const offsetSec = random.next() < 0.5 ? -oneHourSec : oneHourSec;
  return {
    words: `clock ${offsetSec} s off for ${seconds(ms)}`,
    inject: async () => {
      await victim.setClock(offsetSec);
      await pass(ms);
      await victim.setClock(0);
    },
  };
});

const reload = ofVictim({ from: 3_000, to: 15_000 }, (victim, ms, random) => {
  const knobs = { maxServers: between(random, 4, 20), minReady: between(random, 0, 4) };
  return {
    words: `max-servers ${knobs.maxServers}, min-ready ${knobs.minReady} for ${seconds(ms)}`,
    inject: async () => {
      await victim.configure(knobs);
      await pass(ms);
      await victim.configure(usualKnobs);
    },
  };
});

/** Servers share one target: two of three must always be well. */
const servers = 'servers';

/**
 * Until its followers have written what they were sent while they caught up, ZooKeeper 3.8 may lose committed
 * transactions when the next server fails (ZOOKEEPER-4646): one fault of the servers ends before the next begins.
 */
async function untilHealed(ensemble: TestEnsemble): Promise<void> {
  await ensemble.whole();
  await pass(writtenMs);
}

const killLeader: Draw = async ({ ensemble, random }) => {
  const leader = await ensemble.leader();
  const ms = between(random, 500, 6_000);
  return {
    target: servers,
    words: `ZooKeeper leader on port ${leader.port}: killed, started again after ${seconds(ms)}`,
    inject: async () => {
      await leader.kill();
      await pass(ms);
      await leader.start();
      await untilHealed(ensemble);
    },
  };
};

const pauseServer: Draw = async ({ ensemble, random }) => {
  const server = oneOf(random, ensemble.servers);
  const ms = between(random, 1_000, 8_000);
  return {
    target: servers,
    words: `ZooKeeper on port ${server.port}: frozen for ${seconds(ms)}`,
    inject: async () => {
      server.pause();
      await pass(ms);
      server.resume();
      await untilHealed(ensemble);
    },
  };
};

/** A server that waits for its disk answers nobody meanwhile: that is what short stops look like from outside. */
const slowDisk: Draw = async ({ ensemble, random }) => {
  const stops = Array.from({ length: 10 }, () => ({
    server: oneOf(random, ensemble.servers),
    ms: between(random, 100, 900),
  }));
  return {
    target: servers,
    words: `ZooKeeper: slow disks for ${seconds(stops.reduce((sum, { ms }) => sum + ms, 0))}`,
    inject: async () => {
      for (const { server, ms } of stops) await stall(server, ms);
      await untilHealed(ensemble);
    },
  };
};

async function stall(server: TestServer, ms: number): Promise<void> {
  server.pause();
  await pass(ms);
  server.resume();
}

const draws: readonly { readonly weight: number; readonly draw: Draw }[] = [
  { weight: 4, draw: kill },
  { weight: 1, draw: stop },
  { weight: 3, draw: freezeFor(longerThanASessionMs) },
  { weight: 1, draw: freezeFor({ from: 500, to: 3_500 }) },
  { weight: 2, draw: cut },
  { weight: 2, draw: halfOpen },
  { weight: 1, draw: slowNetwork },
  { weight: 2, draw: clockJump },
  { weight: 1, draw: reload },
  { weight: 2, draw: killLeader },
  { weight: 1, draw: pauseServer },
  { weight: 1, draw: slowDisk },
];

/** The next fault, by weight. */
export async function drawFault(scene: Scene): Promise<Fault> {
  let place = scene.random.next() * draws.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, draw } of draws) {
    place -= weight;
    if (place < 0) return draw(scene);
  }
  return kill(scene);
}
