import { untilAborted, Wakeup } from '@nodepool/runtime';
import type { CommandContext } from '../command.js';
import type { Display, Picture } from '../display.js';
import { unreadableText, warnUnreadable } from '../unreadable.js';
import { Canvas } from './canvas.js';
import { openWatch } from './open-watch.js';

/** Time between two pictures, at least, milliseconds: what a person can follow. */
const pauseMs = 250;
/** Ages on a terminal go on without anything having changed, milliseconds. */
const tickMs = 1_000;

/**
 * Shows something anew whenever it has changed, until interrupted, which is its regular end: exit code 0.
 *
 * A terminal shows it on a page of its own; elsewhere one picture is written after the other, and only those that differ.
 */
export async function keepShowing(context: CommandContext, display: Display): Promise<number> {
  const { clock, signal, screen } = context;
  const [store, zk] = await Promise.all([context.store(), context.zookeeper()]);
  const wakeup = new Wakeup(clock);
  let isStale = false;
  const onChange = (): void => {
    isStale = true;
    wakeup.mark();
  };
  await using watch = await openWatch({ store, zk }, display.watched, onChange, signal);
  isStale = false;
  let picture = await display.read(watch.source);
  // Drawn before the terminal is taken over: what is wrong with the command line is said where it was typed.
  await picture.text(clock.now());
  using page = openPage(context, () => wakeup.mark());
  for (;;) {
    await page.show(picture, store.session.state);
    await clock.sleep(pauseMs, signal).catch(() => undefined);
    await wakeup.next(screen === undefined ? undefined : tickMs, signal);
    if (signal.aborted) return 0;
    if (!isStale) continue;
    isStale = false;
    // Without a connection a read takes as long as it takes, and the terminal has to be given back all the same.
    picture = (await Promise.race([display.read(watch.source), untilAborted(signal)])) ?? picture;
  }
}

/** Where pictures go. */
interface Page extends Disposable {
  show(picture: Picture, session: string): Promise<void>;
}

function openPage(context: CommandContext, onResize: () => void): Page {
  const { screen, clock } = context;
  if (screen === undefined) return appendingPage(context);
  const resized = screen.onResize(onResize);
  const canvas = new Canvas(screen);
  return {
    show: async (picture, session) => {
      const nowMs = clock.now();
      const head = `${new Date(nowMs).toISOString().slice(0, 19)}Z  ZooKeeper: ${session}  (Ctrl-C ends this)`;
      const wrongs = picture.unreadable.map((record) => `warning: ${unreadableText(record)}`);
      canvas.draw([head, '', await picture.text(nowMs), ...wrongs].join('\n'));
    },
    [Symbol.dispose]: () => {
      canvas[Symbol.dispose]();
      resized[Symbol.dispose]();
    },
  };
}

/** Ages are no difference: a picture that differs from the one before in nothing else is left out. */
function appendingPage(context: CommandContext): Page {
  let before: Picture | undefined;
  const told = new Set<string>();
  return {
    show: async (picture) => {
      const nowMs = context.clock.now();
      const text = await picture.text(nowMs);
      if (text !== (await before?.text(nowMs))) context.print(text);
      before = picture;
      const wrongs = picture.unreadable.filter((record) => !told.has(unreadableText(record)));
      warnUnreadable(context, wrongs);
      for (const record of wrongs) told.add(unreadableText(record));
      // Pictures are not piled up for a reader that is slow.
      await context.drained();
    },
    [Symbol.dispose]: () => undefined,
  };
}
