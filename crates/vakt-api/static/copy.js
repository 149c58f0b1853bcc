// Buttons that copy a line, or the field of a form above them.

/** The text that a button copies. */
function textOf(button) {
  const field = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  return field ? field.value : button.parentElement.querySelector("code").textContent;
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(textOf(button));
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select the text and copy it";
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, 2000);
}

/** Where there is something to heed first, the buttons come once somebody says that it was read. */
function showButtons(buttons) {
  const heed = document.querySelector("[data-heed]");
  if (!heed) {
    buttons.forEach((button) => { button.hidden = false; });
    return;
  }
  heed.hidden = false;
  const box = heed.querySelector("input");
  box.addEventListener("change", () => {
    buttons.forEach((button) => { button.hidden = !box.checked; });
  });
}

export function startCopyButtons() {
  // Without a secure context (plain HTTP beyond loopback) there is no clipboard; text can be selected.
  if (!navigator.clipboard) {
    return;
  }
  const buttons = [...document.querySelectorAll("button[data-copy]")];
  buttons.forEach((button) => button.addEventListener("click", () => copy(button)));
  showButtons(buttons);
}
