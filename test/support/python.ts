import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A Python program that takes one JSON command per line and answers each with one JSON line. */
export class PythonProgram implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process;
    this.#answers = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  /** Starts `file` with Debian's Python, whose packages hold kazoo, and resolves when it is connected. */
  static async start(file: string, args: readonly string[]): Promise<PythonProgram> {
    const child = spawn('/usr/bin/python3', [file, ...args], { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
    child.stderr.pipe(process.stderr);
    child.stdin.on('error', () => undefined);
    const program = new PythonProgram(child);
    await program.#answer('starting');
    return program;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Sends a command; calls must not overlap. Throws when the program reports an error, or ends. */
  async run(command: string, args: object = {}): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify({ ...args, command })}\n`);
    return this.#answer(command);
  }

  /** SIGKILL, so that its session ends by its timeout. */
  async kill(): Promise<void> {
    await this.#end(() => this.#process.kill('SIGKILL'));
  }

  /** Closes its input, upon which it closes its session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end(() => this.#process.stdin.end());
  }

  async #end(how: () => void): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    how();
    const force = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await exit;
    clearTimeout(force);
  }

  async #answer(command: string): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the Python program ended during ${command}`);
    const answer = JSON.parse(value) as { readonly result?: unknown; readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${command}: ${answer.error}`);
    return answer.result;
  }
}
