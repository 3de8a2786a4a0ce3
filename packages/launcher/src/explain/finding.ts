/** One sentence of an explanation, and what an operator could do about it, if anything. */
export interface Finding {
  readonly text: string;
  readonly remedy?: string;
}

export function finding(text: string, remedy?: string): Finding {
  return remedy === undefined ? { text } : { text, remedy };
}
