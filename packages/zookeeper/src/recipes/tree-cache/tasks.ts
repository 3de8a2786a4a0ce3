import { Fifo } from '../../fifo.js';

/** `read` asks for the data of a znode, `list` for its children. */
export type TaskKind = 'read' | 'list';

/** Znodes read with one request: the answer to all of them is one frame, and each may hold a megabyte. */
const readsAtOnce = 32;

/** One question to the server, at most one per kind and path at a time. */
export interface Task {
  readonly kind: TaskKind;
  readonly path: string;
  /** Asked as part of a walk: the znodes beneath are asked for, too. */
  descend: boolean;
  inFlight: boolean;
  /** Something happened since it was asked: ask again, as part of the walk if `descendAgain`. */
  stale: boolean;
  descendAgain: boolean;
  /** The znode came or went since it was asked: the answer is of no use. */
  void: boolean;
  /** Children of which events have come since it was asked: events know better than the answer. */
  readonly touched: Set<string>;
}

/** The questions that are asked and to be asked, so many at a time. */
export class TaskQueue {
  readonly #maxInFlight: number;
  readonly #run: (tasks: readonly Task[]) => Promise<void>;
  readonly #onDone: (path: string) => void;
  readonly #onWalked: () => void;
  readonly #tasks: Record<TaskKind, Map<string, Task>> = { read: new Map(), list: new Map() };
  #queue = new Fifo<Task>();
  #inFlight = 0;
  #pumping = false;
  /** Tasks of the current walk that are not done. */
  #descending = 0;

  /**
   * @param run puts several reads, or one list, to the server; must not reject.
   * @param onDone called when a question has its answer and was not asked again.
   * @param onWalked called when the last question of a walk has its answer.
   */
  constructor(
    maxInFlight: number,
    run: (tasks: readonly Task[]) => Promise<void>,
    onDone: (path: string) => void,
    onWalked: () => void,
  ) {
    this.#maxInFlight = maxInFlight;
    this.#run = run;
    this.#onDone = onDone;
    this.#onWalked = onWalked;
  }

  /** Questions that are with the server, and those that wait for their turn. */
  get size(): { readonly asked: number; readonly queued: number } {
    const all = this.#tasks.read.size + this.#tasks.list.size;
    return { asked: this.#inFlight, queued: all - this.#inFlight };
  }

  /** The question of this kind that is with the server. */
  inFlight(kind: TaskKind, path: string): Task | undefined {
    const task = this.#tasks[kind].get(path);
    return task?.inFlight === true ? task : undefined;
  }

  /** Lists of children that are asked for, or are about to be. */
  get lists(): number {
    return this.#tasks.list.size;
  }

  /** The answers about a znode that are on their way are of no use. */
  void(path: string): void {
    for (const tasks of [this.#tasks.read, this.#tasks.list]) {
      const task = tasks.size === 0 ? undefined : tasks.get(path);
      if (task?.inFlight === true) task.void = true;
    }
  }

  /** It is asked, or is about to be. */
  has(kind: TaskKind, path: string): boolean {
    return this.#tasks[kind].has(path);
  }

  request(kind: TaskKind, path: string, descend: boolean): void {
    const known = this.#tasks[kind].get(path);
    if (known === undefined) {
      if (descend) this.#descending += 1;
      this.#enqueue({
        kind,
        path,
        descend,
        inFlight: false,
        stale: false,
        descendAgain: false,
        void: false,
        touched: new Set(),
      });
      return;
    }
    if (known.inFlight) {
      known.stale = true;
      if (descend && !known.descendAgain) {
        known.descendAgain = true;
        this.#descending += 1;
      }
    } else if (descend && !known.descend) {
      known.descend = true;
      this.#descending += 1;
    }
  }

  /** Forgets all questions; answers that are on their way are dropped. */
  clear(): void {
    this.#tasks.read.clear();
    this.#tasks.list.clear();
    this.#queue = new Fifo();
    this.#inFlight = 0;
    this.#descending = 0;
  }

  /** False for one that was forgotten. */
  isCurrent(task: Task): boolean {
    return this.#tasks[task.kind].get(task.path) === task;
  }

  #enqueue(task: Task): void {
    this.#tasks[task.kind].set(task.path, task);
    this.#queue.push(task);
    this.#pumpSoon();
  }

  /** What is asked for in one go is asked together. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) void this.#work(batch);
  }

  #nextBatch(): readonly Task[] {
    const batch: Task[] = [];
    while (this.#inFlight < this.#maxInFlight && batch.length < readsAtOnce) {
      if (batch.length > 0 && this.#queue.peek()?.kind === 'list') break;
      const task = this.#queue.shift();
      if (task === undefined) break;
      task.inFlight = true;
      this.#inFlight += 1;
      batch.push(task);
      if (task.kind === 'list') break;
    }
    return batch;
  }

  async #work(batch: readonly Task[]): Promise<void> {
    await this.#run(batch);
    for (const task of batch) if (this.isCurrent(task)) this.#end(task);
    this.#pump();
  }

  #end(task: Task): void {
    this.#tasks[task.kind].delete(task.path);
    this.#inFlight -= 1;
    if (task.stale) this.request(task.kind, task.path, task.descendAgain);
    else this.#onDone(task.path);
    const done = Number(task.descend) + Number(task.descendAgain);
    this.#descending -= done;
    if (done > 0 && this.#descending === 0) this.#onWalked();
  }
}
