// The server's clock. A sale opens by it, whatever a buyer's own clock says.
//
// A `Date` header says a whole second, and arrives some time after it was written: so the difference between the two
// clocks lies between two bounds, and each answer narrows them, to some hundredths of a second after a few answers.

const whole = { least: -Infinity, most: Infinity }; // of server minus own, in milliseconds

// narrow(bounds, dateMs, sentMs, receivedMs): pure, for its test.
export function narrow(bounds, dateMs, sentMs, receivedMs) {
  const seen = { least: dateMs - receivedMs, most: dateMs + 1000 - sentMs };
  const both = { least: Math.max(bounds.least, seen.least), most: Math.min(bounds.most, seen.most) };
  return both.least <= both.most ? both : seen; // one of the clocks was set: the newest answer counts
}

let bounds = whole;

export function learn(response, sentMs) {
  const dateMs = Date.parse(response.headers.get('Date') ?? '');
  if (!Number.isNaN(dateMs)) bounds = narrow(bounds, dateMs, sentMs, Date.now());
}

// Milliseconds since 1970 by the server's clock; by this machine's own, as long as no answer has come.
export function now() {
  return Date.now() + (bounds === whole ? 0 : (bounds.least + bounds.most) / 2);
}
