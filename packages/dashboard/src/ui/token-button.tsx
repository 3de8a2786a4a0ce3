import type { JSX } from 'preact';
import { useApp, useObserved } from './app-context.js';

/** Gives or forgets the token before anything asks for it. */
export function TokenButton(): JSX.Element {
  const { desk, reconnect, state } = useApp();
  const { caller } = useObserved(desk.state);
  if (caller === undefined) {
    const ask = async (): Promise<void> => {
      const given = await desk.ask('Changes need a token. “nodepool web-token NAME --scope operate” makes one.');
      if (given && state.value.link.kind === 'refused') reconnect();
    };
    return (
      <button type="button" onClick={() => void ask()}>
        Enter token
      </button>
    );
  }
  return (
    <button type="button" title={`Scopes: ${caller.scopes.join(', ')}`} onClick={() => desk.forget()}>
      Forget token of {caller.name}
    </button>
  );
}
