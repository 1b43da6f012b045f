// What this device remembers: how the page looks, which conversation is open, what is not sent yet.
// A browser that forbids storage still works; it then forgets when the page is closed.

import { reactive, watchEffect } from "../vendor/vue/vue.runtime.esm-browser.prod.js";

const PREFIX = "yht.chat.";
const memory = new Map();

/** Read a remembered value, or `fallback` when there is none or it cannot be read. */
export function recall(name, fallback = null) {
  if (memory.has(name)) return memory.get(name);
  try {
    const stored = localStorage.getItem(PREFIX + name);
    return stored === null ? fallback : JSON.parse(stored);
  } catch {
    return fallback;
  }
}

/** Remember a JSON value under `name`; `null` forgets it. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    memory.set(name, value);
  }
}

/** `theme`: auto (follows the device), light or dark. `large`: big type and targets. `language`: auto, or a tag. */
export const look = reactive({ theme: "auto", large: false, dark: false, language: "auto", ...recall("look", {}) });

/** Keep the page's look in step with `look` and with the device's own light and dark. */
export function applyLook() {
  const night = matchMedia("(prefers-color-scheme: dark)");
  const device = reactive({ dark: night.matches });
  const follow = (event) => { device.dark = event.matches; };
  if (night.addEventListener) night.addEventListener("change", follow);
  else night.addListener(follow);
  watchEffect(() => {
    look.dark = look.theme === "dark" || (look.theme === "auto" && device.dark);
    document.documentElement.classList.toggle("large", look.large);
    document.body.dataset.weuiTheme = look.dark ? "dark" : "light";
    if (look.large) document.body.dataset.weuiMode = "care";
    else delete document.body.dataset.weuiMode;
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = look.dark ? "#111111" : "#ededed";
    remember("look", { theme: look.theme, large: look.large, language: look.language });
  });
}
