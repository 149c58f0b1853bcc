// Incidents and alerts stay fresh while somebody looks.

import { fetchPage, take } from "./fetch.js";

const EVERY_MS = 15000;

export async function refreshNow() {
  const parts = [...document.querySelectorAll("[data-refresh]")];
  if (parts.length === 0) {
    return;
  }
  const fresh = await fetchPage(location.href);
  for (const part of parts) {
    // Not under the hands of somebody who is about to press a button in it.
    if (!part.contains(document.activeElement)) {
      take(fresh, part.id);
    }
  }
}

export function startRefresh() {
  if (!document.querySelector("[data-refresh]")) {
    return;
  }
  setInterval(() => {
    if (!document.hidden && !document.querySelector("dialog[open]")) {
      // A daemon that restarts is asked again in a moment.
      refreshNow().catch(() => {});
    }
  }, EVERY_MS);
}
