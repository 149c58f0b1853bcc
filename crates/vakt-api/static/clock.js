// The server's clock: deadlines count by it, whatever this browser's clock says.

/** What the server's clock was no later than, and what this browser's clocks were then. */
let known;

/**
 * Takes the time of a page that was asked for at `asked`, by `performance.now()`. The server wrote
 * it after that, so that what is left is never shown longer than it is.
 */
export function takeServerTime(page, asked) {
  const server = Date.parse(page.body.dataset.now);
  if (!Number.isNaN(server)) {
    const since = performance.now() - asked;
    known = { server, wall: Date.now() - since, steady: performance.now() - since };
  }
}

/**
 * The server's time now, in milliseconds since 1970. The steady clock stands still while some
 * machines sleep, the wall clock can be set back: the later of the two counts.
 */
export function serverNow() {
  return known.server + Math.max(Date.now() - known.wall, performance.now() - known.steady);
}

/** The page that is shown was asked for when the browser began to navigate. */
export function startClock() {
  const navigation = performance.getEntriesByType("navigation")[0];
  known = { server: Date.now(), wall: Date.now(), steady: performance.now() };
  takeServerTime(document, navigation?.requestStart ?? 0);
}
