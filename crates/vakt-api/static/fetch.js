// The server renders; scripts fetch the same page again and take parts of it.

import { takeServerTime } from "./clock.js";

/** The page at `path` as a document; `null` when it could not be had. */
export async function fetchPage(path, signal, more) {
  const asked = performance.now();
  const response = await fetch(path, { signal, headers: { Accept: "text/html", ...more } });
  if (new URL(response.url).pathname === "/sign-in") {
    // The session has ended.
    location.assign("/sign-in");
    return null;
  }
  if (!response.ok) {
    return null;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  takeServerTime(page, asked);
  return page;
}

/** Puts the fresh element with this id in the place of the old one. */
export function take(fresh, id) {
  const before = document.getElementById(id);
  const after = fresh?.getElementById(id);
  if (!before || !after) {
    return;
  }
  before.replaceWith(document.adoptNode(after));
}
