// The conversation itself: bubbles, times between them, cards, quick replies.

import { computed, h, nextTick, onBeforeUnmount, onMounted, ref, watch } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { CaseCard, fileMark, LocationCard, SummaryCard } from "./cards.js";
import { city } from "./city.js";
import { onAnswer, resend, sendButton, showAttachment, talk } from "./conversation.js";
import { icon } from "./icons.js";
import { t } from "./language.js";
import { seconds, spokenTime } from "./words.js";

const TIME_GAP_MS = 5 * 60 * 1000; // a time is shown after five quiet minutes, as in WeChat
const PAGE = 60; // messages drawn at first; older ones on request

const avatar = (own) => h("span", { class: ["avatar", own ? "avatar-own" : "avatar-city"], "aria-hidden": "true" }, icon(own ? "person" : "talk"));

/** A text of ours; emergency numbers and the hotline can be tapped. */
function callable(text) {
  const numbers = [...new Set([...city.emergency, city.hotline])].sort((a, b) => b.length - a.length).map((n) => n.replace(/\D/g, ""));
  const pattern = new RegExp(`(^|[^\\d-])(${numbers.filter(Boolean).join("|")})(?![\\d-])`);
  // splitting gives: text, the character before, the number, text, …
  return text.split(pattern).map((part, i) => (i % 3 === 2 ? h("a", { href: `tel:${part}`, class: "call" }, part) : part));
}

const Attachment = {
  props: { message: Object },
  emits: ["photo"],
  setup(props, { emit }) {
    const of = () => props.message.attachment;
    onMounted(() => showAttachment(of()));
    const length = ref(0);
    return () => {
      const { url, type, missing, progress } = of();
      const waiting = props.message.state === "uploading";
      if (missing) return h("button", { type: "button", class: "bubble", onClick: () => { of().missing = false; showAttachment(of()); } }, t("没能取回，点一下再试"));
      if (type.startsWith("audio/")) {
        return h("div", { class: "bubble voice-bubble" }, [
          url ? h("audio", {
            controls: true, src: url, preload: "metadata", "aria-label": t("语音"),
            onLoadedmetadata: (event) => { length.value = Number.isFinite(event.target.duration) ? event.target.duration : 0; },
          }) : t("语音，正在取回…"),
          length.value ? h("span", { class: "unseen" }, seconds(length.value)) : null,
          waiting ? h("span", { class: "upload-line" }, t("正在上传 {0}%", Math.round(progress * 100))) : null,
        ]);
      }
      if (!type.startsWith("image/") && url) return h("div", { class: "bubble" }, fileMark());
      return h("button", { type: "button", class: "photo", disabled: !url, "aria-label": t("看大图"), onClick: () => emit("photo", url) }, [
        url ? h("img", { src: url, alt: t("您发的照片"), onLoad: () => emit("photo", null) }) : h("span", { class: "photo-blank" }, icon("photo")),
        waiting ? h("span", { class: "upload" }, [
          h("span", { class: "upload-ring", style: { "--part": progress } }),
          h("span", `${Math.round(progress * 100)}%`),
        ]) : null,
      ]);
    };
  },
};

// what the summary's card shows anyway: the text is for channels without cards
const ON_THE_CARD = new RegExp(
  "^(请您核对|类别|地点|内容|附件|电话|承办|时限|請您核對|類別|地點|內容|電話)：|^(将由|预计|將由|預計).*(办结|处理|辦結|處理)。$" +
  "|^(Please check|Type|Place|Problem|Attachments|Phone):|^(It will be handled|Due) .*[.]$",
);

function body(message, emit) {
  const map = { onMap: (place) => emit("map", place) };
  if (message.attachment) return [h(Attachment, { message, onPhoto: (url) => (url ? emit("photo", url) : emit("grown")) })];
  if (message.location) return [h(LocationCard, { place: message.location, ...map })];
  const { kind, case_no: number } = message.custom || {};
  const bubble = (text) => text && h("div", { class: "bubble" }, message.direction === "in" ? text : callable(text));
  if (kind === "summary") {
    const rest = message.text.split("\n").filter((line) => !ON_THE_CARD.test(line)).join("\n");
    return [h(SummaryCard, { summary: message.custom, ...map }), bubble(rest)];
  }
  const parts = [bubble(message.text), number && (kind === "case" || kind === "progress") ? h(CaseCard, { case: message.custom }) : null];
  // a question stands next to the buttons that answer it
  return message.buttons.length ? parts.reverse() : parts;
}

// The assistant sends a card as a message of its own, after the words that go with it: shown as one.
function joined(messages) {
  const shown = [];
  for (const message of messages) {
    const before = shown[shown.length - 1];
    if (message.direction === "out" && message.custom && !message.text && before && before.direction === "out" && before.text && !before.custom) {
      shown[shown.length - 1] = { ...before, custom: message.custom, buttons: [...before.buttons, ...message.buttons] };
    } else shown.push(message);
  }
  return shown;
}

const mark = (message) => {
  if (message.state === "waiting") return h("span", { class: "sending" }, [h("i", { class: "weui-loading", "aria-hidden": "true" }), h("span", { class: "unseen" }, t("正在发送"))]);
  if (message.state === "failed") {
    return h("button", { type: "button", class: "failed", "aria-label": t("没有发出去，重发：{0}", message.text || t("这一条")), onClick: () => resend(message) }, "!");
  }
  return null;
};

const Message = {
  props: { message: Object, first: Boolean },
  emits: ["map", "photo", "grown"],
  setup: (props, { emit }) => () => {
    const { message, first } = props;
    const own = message.direction === "in";
    return h("li", { class: ["message", own ? "own" : "theirs", { follows: !first }] }, [
      avatar(own),
      h("div", { class: "said" }, [
        h("span", { class: "unseen" }, own ? t("我：") : message.by === "staff" ? "" : t("一号通：")),
        message.by === "staff" ? h("span", { class: "by-staff" }, t("人工受理员")) : null,
        h("div", { class: "said-line" }, [own ? mark(message) : null, h("div", { class: "said-body" }, body(message, emit))]),
        message.state === "failed" ? h("p", { class: "failed-words" }, message.error) : null,
      ]),
    ]);
  },
};

const welcome = () => h("li", { class: "message theirs" }, [
  avatar(false),
  h("div", { class: "said" }, h("div", { class: "said-body" }, h("div", { class: "bubble" }, [
    h("p", t("您好！路灯不亮、垃圾没人收、井盖坏了……城市里的问题，用您自己的话告诉我就行。")),
    h("p", { class: "example" }, t("比如：“我家小区北门口的路灯三天没亮了”")),
    h("p", callable(t("遇到人身危险，请先拨打 110、119 或 120。"))),
  ]))),
]);

/** The list of messages. Emits `map` with a place and `photo` with a URL. */
export const Thread = {
  emits: ["map", "photo"],
  setup(_props, { emit, expose }) {
    const box = ref(null);
    const shown = ref(PAGE);
    const below = ref(0); // answers that came while the resident was reading further up
    const spoken = ref(""); // read out by screen readers
    const untold = [];
    let telling = null;
    let atEnd = true;
    let passed = 0; // scrollTop when it last changed

    const all = computed(() => joined(talk.messages));
    const visible = computed(() => all.value.slice(-shown.value));
    // quick replies stand under the last answer, that is all that was said since the resident's last words
    const offer = computed(() => {
      const messages = all.value;
      const last = messages.reduce((found, m, i) => (m.direction === "out" ? i : found), -1);
      let start = last;
      while (start > 0 && messages[start - 1].direction === "out") start -= 1;
      const buttons = last < 0 ? [] : messages.slice(start, last + 1).flatMap((m) =>
        m.buttons.map((button, i) => ({ ...button, main: i === 0 && Boolean(m.custom) && m.custom.kind === "summary" })));
      return { after: last < 0 ? null : messages[last].key, buttons, open: messages.slice(last + 1).every((m) => m.state === "failed") };
    });

    const toEnd = (smooth) => {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      box.value.scrollTo({ top: box.value.scrollHeight, behavior: smooth && !calm ? "smooth" : "auto" });
      below.value = 0;
      atEnd = true;
    };
    const stay = () => atEnd && box.value && toEnd(false);
    const scrolled = () => {
      const { scrollHeight, scrollTop, clientHeight } = box.value;
      // only who moves up leaves the end: on the smooth way down to it more may come below
      if (scrollHeight - scrollTop - clientHeight < 80) atEnd = true;
      else if (scrollTop < passed) atEnd = false;
      passed = scrollTop;
      if (atEnd) below.value = 0;
    };
    const older = async () => {
      const before = box.value.scrollHeight;
      shown.value += PAGE;
      await nextTick();
      box.value.scrollTop += box.value.scrollHeight - before;
    };

    onAnswer((message) => {
      if (!atEnd) below.value += 1;
      // several at once are read out together: the region only tells its last state
      clearTimeout(telling);
      if (message.text) untold.push(message.text);
      telling = setTimeout(() => { spoken.value = untold.splice(0).join("\n"); }, 200);
    });
    watch(() => [talk.messages.length, talk.typing, talk.loaded, talk.messages.filter((m) => m.state === "failed").length], (now, before) => nextTick(() => {
      if (!box.value) return;
      const last = talk.messages[talk.messages.length - 1];
      const mine = now[0] > before[0] && last && last.direction === "in" && last.seq === null;
      if (mine) toEnd(true);
      else if (atEnd) toEnd(talk.loaded && before[2]);
    }));
    let sized = null;
    onMounted(() => {
      if (window.ResizeObserver) (sized = new ResizeObserver(stay)).observe(box.value);
    });
    onBeforeUnmount(() => sized && sized.disconnect());
    expose({ toEnd });

    const row = (message, i) => {
      const before = visible.value[i - 1];
      const pausedFor = before ? new Date(message.at) - new Date(before.at) : Infinity;
      const timed = pausedFor > TIME_GAP_MS;
      return [
        timed ? h("li", { class: "time", key: `t${message.key}` }, h("span", spokenTime(message.at))) : null,
        h(Message, {
          key: message.key, message, first: timed || before.direction !== message.direction,
          onMap: (place) => emit("map", place), onPhoto: (url) => emit("photo", url), onGrown: stay,
        }),
        message.key === offer.value.after && offer.value.buttons.length ? h("li", { class: "quick", key: `q${message.key}` },
          h("div", { role: "group", "aria-label": t("可以直接点") }, offer.value.buttons.map((button) => h("button", {
            type: "button", class: ["quick-button", { main: button.main }], disabled: !offer.value.open, onClick: () => sendButton(button),
          }, button.title)))) : null,
      ];
    };

    return () => h("main", { class: "thread-frame" }, [
      h("div", { class: "thread", ref: box, onScroll: scrolled, tabindex: 0, role: "region", "aria-label": t("对话内容") }, [
        all.value.length > shown.value
          ? h("button", { type: "button", class: "older", onClick: older }, t("看更早的话")) : null,
        h("ol", { class: "messages" }, [
          talk.loaded && all.value.length <= shown.value ? welcome() : null,
          visible.value.flatMap(row),
          talk.typing ? h("li", { class: "message theirs", key: "typing" }, [
            avatar(false),
            h("div", { class: "said" }, h("div", { class: "bubble typing", role: "img", "aria-label": t("正在回复") }, [h("i"), h("i"), h("i")])),
          ]) : null,
        ]),
      ]),
      h("div", { class: "unseen", "aria-live": "polite", role: "status" }, spoken.value),
      below.value ? h("button", { type: "button", class: "to-end", onClick: () => toEnd(true) }, [icon("down"), t("{0} 条新消息", below.value)]) : null,
    ]);
  },
};
