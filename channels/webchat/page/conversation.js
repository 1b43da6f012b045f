// One conversation: its messages in order, and the promise that nothing said here is lost or said twice.
//
// A message of the resident appears at once, waits in a queue that survives a reload, and is posted with the
// same client_msg_id until the server has answered: after a server restart it simply goes on. Answers
// always come in by the history (`sync`), which alone decides the order.

import { reactive, shallowReactive } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { recall, remember } from "./settings.js";
import { beginConversation, conversationRequests, Link, RequestError } from "./transport.js";
import { t } from "./language.js";

const GIVE_UP_SECONDS = 120; // then a red "!", and the resident decides
const LONGEST_PAUSE_SECONDS = 8;
const TYPING_SECONDS = 40; // no sign that an answer is being made lasts longer

/** What the page shows. A message: see `blank`. `stage`: none (no consent yet), open, gone (not known to the server). */
export const talk = reactive({ stage: "none", messages: [], typing: false, reachable: true, loaded: false });

let credentials = null;
let requests = null;
let link = null;
let cursor = 0;
let counter = 0;
let quiet = null;
const heard = new Set(); // seq of every message shown
const listeners = new Set();

/** Call `listener(message)` for each new answer (not for what history brings at the start). */
export const onAnswer = (listener) => listeners.add(listener);

// randomUUID exists on https only
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

// state: waiting (to be posted, or being posted), uploading, failed, sent. error: words beside the red "!";
// refused: the server does not want it as it is.
const blank = (direction) => ({
  key: ++counter, direction, seq: null, clientId: null, at: new Date().toISOString(), state: "sent", error: "",
  text: "", payload: null, buttons: [], custom: null, location: null, attachment: null, stuckAfter: null, refused: false,
});

/** Go on with the remembered conversation, if there is one. */
export function resume() {
  const known = recall("conversation");
  if (known && known.id && known.token) open(known);
}

/** Begin a new conversation; call only when the resident has agreed. Raises RequestError. */
export async function begin() {
  const { conversation_id: id, token } = await beginConversation();
  remember("conversation", { id, token });
  open({ id, token });
}

/** Forget the conversation on this device. What was filed stays filed. */
export function forget() {
  if (link) link.stop();
  for (const message of talk.messages) if (message.attachment && message.attachment.url) URL.revokeObjectURL(message.attachment.url);
  // the server lost the conversation: what it never got goes into the text field of the next one
  const lost = talk.stage === "gone" ? talk.messages.filter((m) => m.state !== "sent" && m.text && !m.payload).map((m) => m.text) : [];
  for (const name of ["conversation", "unsent", "draft"]) remember(name, null);
  if (lost.length) remember("draft", lost.join("\n"));
  credentials = requests = link = null;
  cursor = 0;
  heard.clear();
  Object.assign(talk, { stage: "none", messages: [], typing: false, reachable: true, loaded: false });
}

function open(known) {
  credentials = known;
  requests = conversationRequests(known);
  talk.stage = "open";
  // before the history is there: it tells which of them have reached the server after all
  for (const { attachment, ...message } of recall("unsent", [])) {
    talk.messages.push({ ...blank("in"), ...message, attachment: attachment && fileOf({ attachment }) });
  }
  link = new Link({
    ...known, sync, after: () => cursor,
    typing: setTyping,
    changed: (up) => { talk.reachable = up; },
  });
  sync().then(
    () => { talk.reachable = true; },
    (error) => { talk.reachable = !error.passing; },
  ).finally(() => {
    if (credentials !== known) return;
    talk.loaded = true;
    if (talk.stage === "open") {
      link.start();
      pump();
    }
  });
}

function setTyping(on) {
  clearTimeout(quiet);
  talk.typing = on;
  if (on) quiet = setTimeout(() => { talk.typing = false; }, TYPING_SECONDS * 1000);
}

// ---- what comes in -------------------------------------------------------------------------------------------

let syncing = null;
let again = false;

/** Fetch what is new. One at a time; a call during a run makes one more run. Raises RequestError. */
function sync() {
  if (syncing) {
    again = true;
    return syncing;
  }
  syncing = (async () => {
    do {
      again = false;
      await fetchPages(credentials);
    } while (again);
  })().finally(() => { syncing = null; });
  return syncing;
}

async function fetchPages(whose) {
  for (;;) {
    let page;
    try {
      page = await requests.history(cursor);
    } catch (error) {
      if (whose === credentials && (error.status === 401 || error.status === 404)) lose();
      throw error;
    }
    if (whose !== credentials) return;
    const before = cursor;
    for (const told of page.messages || []) adopt(told);
    cursor = Math.max(cursor, Number(page.next) || 0, ...(page.messages || []).map((m) => m.seq));
    if (cursor === before) return; // nothing after the newest
  }
}

function lose() {
  talk.stage = "gone";
  link.stop();
  keep();
}

function adopt(told) {
  if (heard.has(told.seq)) return;
  heard.add(told.seq);
  const own = told.client_msg_id && talk.messages.find((m) => m.clientId === told.client_msg_id);
  const message = own || blank(told.direction);
  Object.assign(message, { seq: told.seq, at: told.at || message.at, state: "sent", error: "" });
  if (own) keep();
  else {
    Object.assign(message, {
      text: told.text || "", buttons: told.buttons || [], custom: told.custom || null, by: told.by || null,
      location: told.location || null, attachment: fileOf(told) || null, clientId: told.client_msg_id || null,
    });
    talk.messages.push(message);
  }
  arrange();
  if (told.direction === "out") {
    setTyping(false);
    if (talk.loaded) for (const listener of listeners) listener(message);
  }
}

// By seq. What the server has not numbered yet stays at the end, in the order in which it was said; what failed
// stays where it failed.
function arrange() {
  const rank = (m) => m.seq ?? m.stuckAfter ?? Infinity;
  talk.messages.sort((a, b) => (rank(a) === rank(b) ? a.key - b.key : rank(a) - rank(b)));
}

function fileOf(told) {
  return told.attachment && shallowReactive({
    id: told.attachment.attachment_id, type: told.attachment.media_type || "", url: "", missing: false, progress: 1,
  });
}

// ---- what goes out -------------------------------------------------------------------------------------------

function say(parts) {
  talk.messages.push({ ...blank("in"), clientId: newId(), state: "waiting", ...parts });
  const message = talk.messages[talk.messages.length - 1]; // as the reactive one
  keep();
  return message;
}

/** Send the resident's words. */
export function sendText(text) {
  say({ text });
  pump();
}

/** Send a button's payload; its title appears as the resident's own words. */
export function sendButton({ title, payload }) {
  say({ text: title, payload });
  pump();
}

/** Send a place, `{lat, lng, label}` (WGS84 degrees). */
export function sendLocation(location) {
  say({ location });
  pump();
}

/** Upload a photo or a voice message (Blob) and send it. */
export function sendAttachment(blob, name) {
  const attachment = shallowReactive({ id: null, type: blob.type, url: URL.createObjectURL(blob), missing: false, progress: 0, blob, name });
  upload(say({ attachment, state: "uploading" }));
}

/** Try a failed message again, with the same id. */
export function resend(message) {
  Object.assign(message, { error: "", refused: false, stuckAfter: null });
  arrange();
  if (message.attachment && !message.attachment.id) upload(message);
  else {
    message.state = "waiting";
    pump();
  }
}

/** Whether leaving the page now would lose something (an upload cannot be kept for later). */
export const uploading = () => talk.messages.some((m) => m.attachment && !m.attachment.id && m.direction === "in");

/** Texts, places and uploaded files that the server has not got survive a reload; what it refused stays refused. */
function keep() {
  const unsent = talk.messages
    .filter((m) => m.direction === "in" && m.state !== "sent" && (!m.attachment || m.attachment.id))
    .map(({ clientId, at, text, payload, location, attachment, refused, error, stuckAfter }) => ({
      clientId, at, text, payload, location,
      attachment: attachment && { attachment_id: attachment.id, media_type: attachment.type },
      ...(refused ? { state: "failed", refused, error, stuckAfter } : { state: "waiting" }),
    }));
  remember("unsent", unsent.length ? unsent : null);
}

const pause = (seconds) => new Promise((done) => {
  const timer = setTimeout(done, seconds * 1000);
  addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
});

/** Do `attempt` until it works, fails for good, or has been tried for GIVE_UP_SECONDS. Raises the last RequestError. */
async function persist(attempt, over) {
  const began = Date.now();
  for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST_PAUSE_SECONDS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (!error.passing || over() || Date.now() - began > GIVE_UP_SECONDS * 1000) throw error;
      if (error.status === 0) talk.reachable = false;
      await pause(Math.max(wait, Math.min(error.retryAfter, 30)));
      if (over()) throw error;
    }
  }
}

async function upload(message) {
  const { attachment } = message;
  const whose = credentials;
  message.state = "uploading";
  try {
    const told = await persist(
      () => requests.upload(attachment.blob, attachment.name, (part) => { attachment.progress = part; }),
      () => whose !== credentials,
    );
    if (whose !== credentials) return;
    Object.assign(attachment, { id: told.attachment_id, type: told.media_type || attachment.type, progress: 1, blob: null });
    message.state = "waiting";
    keep();
    pump();
  } catch (error) {
    fail(message, error);
  }
}

function fail(message, error) {
  if (message.state === "sent") return;
  message.state = "failed";
  message.stuckAfter = Math.max(0, ...heard) + 0.5;
  message.refused = !error.passing && error.status !== 401;
  message.error = message.refused ? error.detail : t("没有发出去，点红色叹号重发");
  if (error.status === 401) lose();
}

let pumping = false;

/** Post what waits, one after another, oldest first. */
async function pump() {
  if (pumping) return;
  pumping = true;
  try {
    for (;;) {
      const message = talk.stage === "open" && talk.messages.find((m) => m.state === "waiting");
      if (!message) return;
      await post(message, credentials);
    }
  } finally {
    pumping = false;
    keep();
  }
}

async function post(message, whose) {
  const body = { client_msg_id: message.clientId };
  if (message.attachment) body.attachment_id = message.attachment.id;
  else if (message.location) body.location = message.location;
  else if (message.payload) body.payload = message.payload;
  else body.text = message.text;
  const over = () => whose !== credentials || message.state === "sent"; // the history may show it before the answer is here
  const slow = setTimeout(() => whose === credentials && talk.reachable && setTyping(true), 400);
  try {
    await persist(() => requests.send(body), over);
    if (whose !== credentials) return;
    talk.reachable = true;
    message.state = "sent";
  } catch (error) {
    if (over()) return;
    fail(message, error);
    // the server did not answer for two minutes: do not make the others wait two minutes each
    if (error.passing) for (const other of talk.messages) if (other.state === "waiting") fail(other, error);
    return;
  } finally {
    clearTimeout(slow);
    if (whose === credentials) {
      setTyping(false);
      keep();
    }
  }
  await sync().catch(() => { /* the link looks again */ });
}

// ---- beside the messages -------------------------------------------------------------------------------------

/** The cases of this conversation with their states. Raises RequestError. */
export const myCases = async () => (await requests.cases()).items;

/** Fetch an attachment of the history for showing; marks it missing when it cannot be had. */
export async function showAttachment(attachment) {
  if (attachment.url || attachment.asked || !attachment.id) return;
  attachment.asked = true;
  try {
    const blob = await requests.attachment(attachment.id);
    attachment.type = attachment.type || blob.type;
    attachment.url = URL.createObjectURL(blob);
  } catch {
    attachment.missing = true;
    attachment.asked = false;
  }
}
