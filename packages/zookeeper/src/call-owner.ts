/** Calls what the owner has given us. An exception there is the owner's: it surfaces as uncaught, outside our work. */
export function callOwner(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
