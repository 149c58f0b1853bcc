// Incidents and alerts stay fresh while somebody looks.

import { fetchPage, take } from "./fetch.js";

const EVERY_MS = 15000;

/** While nothing has come yet, somebody has just pasted a line and looks whether it works. */
const FIRST_EVENT_MS = 1000;

export async function refreshNow() {
  const parts = [...document.querySelectorAll("[data-refresh]")];
  if (parts.length === 0) {
    return;
  }
  const fresh = await fetchPage(location.href, undefined, { "X-Vakt-Refresh": "1" });
  for (const part of parts) {
    // Not under the hands of somebody who is about to press a button in it, or reads what was opened.
    if (!part.contains(document.activeElement) && !part.querySelector("details[open]")) {
      take(fresh, part.id);
    }
  }
}

export function startRefresh() {
  if (!document.querySelector("[data-refresh]")) {
    return;
  }
  setInterval(() => {
    if (!document.hidden) {
      // A daemon that restarts is asked again in a moment.
      refreshNow().catch(() => {});
    }
  }, EVERY_MS);
}

/** Where the lines to copy stand, the events take their place once there are any. */
export function startFirstEvent() {
  const timer = setInterval(async () => {
    if (!document.querySelector("[data-first-event]")) {
      clearInterval(timer);
      return;
    }
    if (document.hidden) {
      return;
    }
    try {
      const fresh = await fetchPage("/");
      const isWaiting = document.querySelector("[data-first-event]");
      if (isWaiting && fresh?.querySelector("#results:not([data-first-event])")) {
        take(fresh, "results");
      }
    } catch {
      // A daemon that restarts is asked again in a moment.
    }
  }, FIRST_EVENT_MS);
}
