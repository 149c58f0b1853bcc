// Buttons that copy the line above them.

export function startCopyButtons() {
  // Without a secure context (plain HTTP beyond loopback) there is no clipboard; text can be selected.
  if (!navigator.clipboard) {
    return;
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const line = button.parentElement.querySelector("code").textContent;
      try {
        await navigator.clipboard.writeText(line);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select the line and copy it";
      }
      setTimeout(() => {
        button.textContent = "Copy";
      }, 2000);
    });
  }
}
