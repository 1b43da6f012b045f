// In which language the page speaks: the device's, until another is chosen in the menu.

import { computed, watchEffect } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { look } from "./settings.js";
import { TRANSLATIONS } from "./translations.js";

/** The languages there are, each by its own name. */
export const LANGUAGES = [["zh-Hans", "简体"], ["zh-Hant", "繁體"], ["en", "English"]];

function ofTheDevice() {
  for (const tag of navigator.languages || [navigator.language]) {
    if (/^zh-(hant|tw|hk|mo)/i.test(tag)) return "zh-Hant";
    if (/^zh/i.test(tag)) return "zh-Hans";
    if (/^en/i.test(tag)) return "en";
  }
  return "zh-Hans";
}

/** BCP 47 tag of the page's language. */
export const language = computed(() => (LANGUAGES.some(([tag]) => tag === look.language) ? look.language : ofTheDevice()));

const inWords = (tag, said, values) =>
  ((TRANSLATIONS[tag] || {})[said] || said).replace(/\{(\d)\}/g, (_all, at) => values[at]);

/** A word of the page in its language, with `values` in the places of {0}, {1}… */
export const t = (said, ...values) => inWords(language.value, said, values);

/** A card's own words in its language, which is that of what is said around it. */
export const wordsFor = (card) => (said, ...values) => inWords(card.language, said, values);

/** Let the browser know, for reading aloud and for its fonts. */
export function applyLanguage() {
  watchEffect(() => {
    document.documentElement.lang = { "zh-Hans": "zh-CN", "zh-Hant": "zh-HK" }[language.value] || language.value;
  });
}
