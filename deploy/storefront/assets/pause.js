// Waiting, and waiting longer each time.

// Ends early, without an error, when the signal says so.
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

// A function that says how long to wait next, in milliseconds: up to a fifth more or less, so that who was refused together
// does not come again together.
export function backoff(firstMs, mostMs, growth = 1.6) {
  let nextMs = firstMs;
  return () => {
    const ms = nextMs * (0.8 + 0.4 * Math.random());
    nextMs = Math.min(nextMs * growth, mostMs);
    return ms;
  };
}
