// Line icons, 24 × 24, in the colour of the text around them.

import { h } from "../vendor/vue/vue.runtime.esm-browser.prod.js";

const PATHS = {
  more: '<g fill="currentColor" stroke="none"><circle cx="5" cy="12" r="1.9"/><circle cx="12" cy="12" r="1.9"/><circle cx="19" cy="12" r="1.9"/></g>',
  plus: '<circle cx="12" cy="12" r="9.5"/><path d="M12 7.500v9M7.5 12h9"/>',
  voice: '<circle cx="12" cy="12" r="9.5"/><path d="M8.5 10.500v3M11 8.500v7M13.5 10v4M16 11v2"/>',
  keyboard: '<circle cx="12" cy="12" r="9.5"/><path d="M8 9.500h.01M12 9.500h.01M16 9.500h.01M8 12.200h.01M12 12.200h.01M16 12.200h.01M9 15.500h6"/>',
  pin: '<path d="M12 21.500c4.5-4.6 7-8.2 7-11.500a7 7 0 1 0-14 0c0 3.3 2.5 6.9 7 11.500z"/><circle cx="12" cy="10" r="2.6"/>',
  map: '<path d="M3 6.500l6-2.5 6 2.5 6-2.500v13.500l-6 2.5-6-2.5-6 2.500zM9 4v13.500M15 6.500V20"/>',
  photo: '<rect x="3" y="4.5" width="18" height="15" rx="2"/><circle cx="8.5" cy="9.5" r="1.6"/><path d="M4 17.500l5-4.5 3.5 3 3-2.5 4.5 4"/>',
  camera: '<path d="M4 7.500h3.500L9 5h6l1.5 2.500H20a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8.500a1 1 0 0 1 1-1z"/><circle cx="12" cy="13" r="3.6"/>',
  mic: '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3"/>',
  list: '<rect x="4" y="3.5" width="16" height="17" rx="2"/><path d="M8 8.500h8M8 12.500h8M8 16.500h5"/>',
  close: '<path d="M6 6l12 12M18 6L6 18"/>',
  back: '<path d="M14.5 5L8 12l6.5 7"/>',
  target: '<circle cx="12" cy="12" r="6.5"/><circle cx="12" cy="12" r="2" fill="currentColor"/><path d="M12 2.500v3M12 18.500v3M2.5 12h3M18.5 12h3"/>',
  search: '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.500L21 21"/>',
  down: '<path d="M12 5v14M6 13l6 6 6-6"/>',
  stop: '<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>',
  phone: '<path d="M6.5 3.500h3l1.5 4.5-2.2 1.600a11 11 0 0 0 5.6 5.600L16 13l4.5 1.500v3a2.5 2.5 0 0 1-2.7 2.500C10.8 19.5 4.5 13.2 4 6.200A2.5 2.5 0 0 1 6.5 3.500z"/>',
  person: '<g fill="currentColor" stroke="none"><circle cx="12" cy="8.6" r="4.1"/><path d="M3.8 20.600c.5-4.3 3.9-6.6 8.2-6.600s7.7 2.3 8.2 6.600z"/></g>',
  talk: '<path fill="currentColor" stroke="none" d="M12 4c5 0 9 3.2 9 7.300s-4 7.3-9 7.300c-.9 0-1.8-.1-2.6-.3L5.5 20.500l.7-3.500C4.2 15.7 3 13.6 3 11.3 3 7.2 7 4 12 4z"/>',
};

/** One icon; it says nothing to screen readers, the control around it has the label. */
export const icon = (name) =>
  h("svg", {
    class: "icon", viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.6",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", innerHTML: PATHS[name],
  });
