// Incidents and alerts stay fresh while somebody looks.

import { fetchPage, take } from "./fetch.js";

const EVERY_MS = 15000;

/** The server's time of the page as it is shown. */
let freshAt;

/** While nothing has come yet, somebody has just pasted a line and looks whether it works. */
const FIRST_EVENT_MS = 1000;

export async function refreshNow() {
  const parts = [...document.querySelectorAll("[data-refresh]")];
  if (parts.length === 0) {
    return;
  }
  const signal = AbortSignal.timeout(EVERY_MS);
  const fresh = await fetchPage(location.href, signal, { "X-Vakt-Refresh": "1" });
  if (!fresh) {
    throw new Error("the page could not be had");
  }
  freshAt = fresh.body.dataset.now ?? freshAt;
  document.getElementById("stale")?.remove();
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
  freshAt = document.body.dataset.now;
  setInterval(() => {
    if (!document.hidden) {
      // A daemon that restarts is asked again in a moment.
      refreshNow().catch(tellStale);
    }
  }, EVERY_MS);
}

/** Deadlines count on, so that a page of a daemon that is gone looks as if it were fresh: it says what it is. */
function tellStale() {
  if (document.getElementById("stale")) {
    return;
  }
  const words = { timeZone: document.body.dataset.zone, dateStyle: "medium", timeStyle: "medium" };
  const at = new Date(freshAt).toLocaleString("en-GB", words);
  const banner = document.createElement("p");
  banner.id = "stale";
  banner.className = "banner";
  banner.setAttribute("role", "alert");
  banner.textContent = `Vakt does not answer. What is shown is as of ${at}.`;
  document.querySelector("main").prepend(banner);
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
