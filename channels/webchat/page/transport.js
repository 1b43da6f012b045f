// The way to the server: requests with time-outs, uploads with progress, and the link that says "there is something new".

import { t } from "./language.js";

const BASE = "/channels/web/conversations";
const ANSWER_SECONDS = 45; // the server itself gives the assistant 25 s and then answers honestly
const UPLOAD_SECONDS = 180;
const POLL_SECONDS = 4; // while there is no WebSocket
const SAFETY_POLL_SECONDS = 60; // while there is one: a dead mobile connection gives no sign
const LONGEST_WAIT_SECONDS = 30;

/** What went wrong with a request. `status` 0: the server was not reached. `detail`: words for the resident. */
export class RequestError extends Error {
  constructor(status, code, detail, retryAfter = 0) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter; // seconds
  }

  /** Worth trying again just as it was. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

function failure(status, body, retryAfter) {
  let problem = {};
  try {
    problem = JSON.parse(body);
  } catch { /* not one of our answers: a proxy's page perhaps */ }
  const first = (problem.errors || [])[0];
  const detail = (first && first.detail) || problem.detail || t("暂时不能处理，请稍后再试。");
  return new RequestError(status, problem.code || "http_error", detail, Number(retryAfter) || 0);
}

const unreachable = () => new RequestError(0, "unreachable", t("网络不通，请稍后再试。"));

async function ask(path, { method = "GET", token, body, seconds = ANSWER_SECONDS, as = "json" } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), seconds * 1000);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(path, {
      method, headers, signal: stop.signal, body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw failure(response.status, await response.text(), response.headers.get("Retry-After"));
    return as === "blob" ? await response.blob() : await response.json();
  } catch (error) {
    throw error instanceof RequestError ? error : unreachable();
  } finally {
    clearTimeout(timer);
  }
}

/** The public description of the city: name, hotline, and its shapes as GeoJSON. */
export const fetchCity = () => ask("/api/v1/city", { seconds: 20 });

/** Begin a conversation, with the resident's consent. Gives `{conversation_id, token}`. */
export const beginConversation = () => ask(BASE, { method: "POST", body: { consent: true }, seconds: 20 });

/** The requests of one conversation, `{id, token}`. */
export function conversationRequests({ id, token }) {
  const path = `${BASE}/${encodeURIComponent(id)}`;
  return {
    send: (message) => ask(`${path}/messages`, { method: "POST", token, body: message }),
    history: (after) => ask(`${path}/messages?after=${after}`, { token, seconds: 20 }),
    cases: () => ask(`${path}/cases`, { token, seconds: 20 }),
    attachment: (attachment) => ask(`${path}/attachments/${encodeURIComponent(attachment)}`, { token, as: "blob" }),

    /** Upload a Blob; `progress` hears the part that is done, 0 to 1. Gives `{attachment_id, media_type}`. */
    upload: (blob, name, progress) => new Promise((resolve, reject) => {
      const form = new FormData();
      form.append("file", blob, name);
      const xhr = new XMLHttpRequest();
      xhr.open("POST", `${path}/attachments`);
      xhr.timeout = UPLOAD_SECONDS * 1000;
      xhr.setRequestHeader("Authorization", `Bearer ${token}`);
      xhr.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
      xhr.onerror = xhr.ontimeout = xhr.onabort = () => reject(unreachable());
      xhr.onload = () => {
        if (xhr.status === 201 || xhr.status === 200) {
          try {
            resolve(JSON.parse(xhr.responseText));
            return;
          } catch { /* falls through: no answer of ours */ }
        }
        reject(failure(xhr.status === 200 || xhr.status === 201 ? 502 : xhr.status, xhr.responseText, xhr.getResponseHeader("Retry-After")));
      };
      xhr.send(form);
    }),
  };
}

/**
 * The link to the server. A push only rings the bell: `sync` then fetches what is new, in order, so that
 * there is one way in for messages, whether they were pushed, polled or answered.
 *
 * Tries the WebSocket again with growing pauses; meanwhile polls. `changed(up)` hears whether the server
 * can be reached; `typing(bool)` whether an answer is being made.
 */
export class Link {
  constructor({ id, token, after, sync, typing, changed }) {
    Object.assign(this, { id, token, after, sync, typing, changed });
    this.failures = 0;
    this.wake = this.wake.bind(this);
  }

  start() {
    this.live = true;
    addEventListener("online", this.wake);
    addEventListener("offline", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
    this.poll();
  }

  stop() {
    this.live = false;
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.reconnecting);
    clearTimeout(this.polling);
    if (this.socket) this.socket.close();
  }

  /** The network or the page has come back (or gone): look at once. */
  wake() {
    if (!navigator.onLine) this.changed(false);
    else if (!document.hidden) {
      this.fetchNew();
      if (!this.socket) this.connect();
    }
  }

  connect() {
    clearTimeout(this.reconnecting);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${BASE}/${encodeURIComponent(this.id)}/ws`);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token, after: this.after() }));
    socket.onmessage = (event) => {
      this.failures = 0;
      let push;
      try {
        push = JSON.parse(event.data);
      } catch {
        return;
      }
      if ("typing" in push) this.typing(Boolean(push.typing));
      if ("seq" in push) this.fetchNew();
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.live) return;
      this.failures += 1;
      const pause = Math.min(LONGEST_WAIT_SECONDS, 2 ** Math.min(this.failures, 6) / 2) * (0.7 + Math.random() * 0.6);
      this.reconnecting = setTimeout(() => this.live && this.connect(), pause * 1000);
      this.fetchNew();
    };
  }

  poll() {
    const open = this.socket && this.socket.readyState === WebSocket.OPEN;
    const pause = open || document.hidden ? SAFETY_POLL_SECONDS : POLL_SECONDS;
    this.polling = setTimeout(async () => {
      if (!this.live) return;
      if (!document.hidden) await this.fetchNew();
      if (this.live) this.poll();
    }, pause * 1000);
  }

  async fetchNew() {
    try {
      await this.sync();
      this.changed(true);
    } catch (error) {
      this.changed(!error.passing);
    }
  }
}
