const chunkBytes = 64 * 1024;

/**
 * Writes Jute records, big-endian, into frames that each begin with their length. Bytes that were taken are never
 * touched again, so a socket may keep them.
 */
export class JuteWriter {
  #buffer = Buffer.allocUnsafeSlow(chunkBytes);
  #start = 0;
  #end = 0;
  #frame = 0;

  /** Bytes written and not yet taken. */
  get pending(): number {
    return this.#end - this.#start;
  }

  beginFrame(): void {
    this.#frame = this.#reserve(4);
  }

  endFrame(): void {
    this.#buffer.writeInt32BE(this.#end - this.#frame - 4, this.#frame);
  }

  /** Takes back the frame that was begun. */
  dropFrame(): void {
    this.#end = this.#frame;
  }

  int(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  long(value: bigint): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  bool(value: boolean): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value ? 1 : 0;
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(4 + value.byteLength);
    this.#buffer.writeInt32BE(value.byteLength, at);
    this.#buffer.set(value, at + 4);
  }

  string(value: string): void {
    // A UTF-16 unit becomes at most three bytes.
    const at = this.#reserve(4 + value.length * 3);
    const length = this.#buffer.write(value, at + 4);
    this.#buffer.writeInt32BE(length, at);
    this.#end = at + 4 + length;
  }

  strings(values: readonly string[]): void {
    this.int(values.length);
    for (const value of values) this.string(value);
  }

  /** All complete frames written since the last call. */
  take(): Buffer {
    const taken = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  #reserve(bytes: number): number {
    if (this.#end + bytes > this.#buffer.length) this.#grow(bytes);
    const at = this.#end;
    this.#end += bytes;
    return at;
  }

  #grow(bytes: number): void {
    const pending = this.pending;
    const next = Buffer.allocUnsafeSlow(Math.max(chunkBytes, 2 * pending, pending + bytes));
    this.#buffer.copy(next, 0, this.#start, this.#end);
    this.#frame -= this.#start;
    this.#buffer = next;
    this.#start = 0;
    this.#end = pending;
  }
}
