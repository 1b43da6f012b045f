// Everything that opens over the conversation: consent, menu, privacy notice, my cases, questions.

import { h, nextTick, onBeforeUnmount, onMounted, ref } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { CaseCard } from "./cards.js";
import { city } from "./city.js";
import { myCases } from "./conversation.js";
import { icon } from "./icons.js";
import { language, LANGUAGES, t } from "./language.js";
import { look } from "./settings.js";
import { PRIVACY } from "./words.js";

/**
 * A modal layer: `form` is dialog (in the middle), sheet (from below) or page (all of it). The native <dialog>
 * keeps the keyboard inside and gives it back; Esc and a tap beside it close it when it is `closable`.
 */
export const Layer = {
  props: { title: String, form: { type: String, default: "sheet" }, closable: { type: Boolean, default: true } },
  emits: ["close"],
  setup(props, { slots, emit }) {
    const element = ref(null);
    const opener = document.activeElement;
    onMounted(() => {
      if (element.value.showModal) element.value.showModal();
      else element.value.setAttribute("open", "");
      const first = element.value.querySelector("[data-first]") || element.value;
      nextTick(() => first.focus({ preventScroll: true }));
    });
    onBeforeUnmount(() => {
      if (element.value.close) element.value.close();
      // what opened it may be gone or folded away by now
      const back = opener && opener.isConnected && opener.offsetParent ? opener : document.querySelector("[data-home]");
      if (back) back.focus({ preventScroll: true });
    });
    const cancel = (event) => {
      event.preventDefault();
      if (props.closable) emit("close");
    };
    return () => h("dialog", {
      ref: element, class: ["layer", `layer-${props.form}`], "aria-label": props.title, tabindex: -1,
      onCancel: cancel,
      onKeydown: (event) => event.key === "Escape" && !event.isComposing && cancel(event),
      onClick: (event) => event.target === element.value && props.closable && emit("close"),
    }, h("div", { class: "layer-body" }, [
      props.form === "dialog" ? null : h("header", { class: "layer-head" }, [
        h("h2", props.title),
        h("button", { type: "button", class: "icon-button", "aria-label": t("关闭"), onClick: () => emit("close") }, icon("close")),
      ]),
      slots.default(),
    ]));
  },
};

/** A question in the middle of the page. `actions`: [{label, main, warn, href, act}]; the keyboard begins at the `main` one. */
export const Ask = {
  props: { title: String, text: String, actions: Array, closable: { type: Boolean, default: true } },
  emits: ["close"],
  setup: (props, { slots, emit }) => () =>
    h(Layer, { title: props.title, form: "dialog", closable: props.closable, onClose: () => emit("close") }, () => [
      h("h2", { class: "dialog-title" }, props.title),
      h("div", { class: "dialog-text" }, slots.default ? slots.default() : props.text),
      h("div", { class: "dialog-actions" }, props.actions.map((action) => h(
        action.href ? "a" : "button",
        {
          class: ["weui-btn", action.main ? "weui-btn_primary" : "weui-btn_default", { "weui-btn_warn": action.warn }], type: action.href ? undefined : "button",
          href: action.href, disabled: action.disabled, "data-first": action.main ? "" : undefined, onClick: action.act,
        },
        action.label,
      ))),
    ]),
};

const privacyText = () => h("dl", { class: "privacy" }, PRIVACY.flatMap(([heading, text]) => [h("dt", t(heading)), h("dd", t(text))]));

const languages = () => h("div", { class: "segments" }, LANGUAGES.map(([tag, name]) => h("label", { class: "segment", lang: tag }, [
  h("input", { type: "radio", name: "language", checked: language.value === tag, onChange: () => { look.language = tag; } }),
  h("span", name),
])));

/** The notice before anything is stored. `busy` while the conversation is being made; `problem`: why it could not be. */
export const Consent = {
  props: { busy: Boolean, problem: String },
  emits: ["agree", "refuse"],
  setup: (props, { emit }) => () =>
    h(Ask, {
      title: t("开始之前，请您了解"), closable: false,
      actions: [
        { label: props.busy ? t("请稍候…") : t("同意并开始"), main: true, disabled: props.busy, act: () => emit("agree") },
        { label: t("不同意"), disabled: props.busy, act: () => emit("refuse") },
      ],
    }, () => [
      h("fieldset", { class: "languages" }, [h("legend", { class: "unseen" }, t("语言")), languages()]),
      privacyText(),
      props.problem ? h("p", { class: "problem", role: "alert" }, props.problem) : null,
    ]),
};

/** A sentence in which U+0001 stands for an element. */
const around = (sentence, element) => {
  const [before, behind] = sentence.split("\u0001");
  return [before, element, behind];
};

/** What can be done without consent. */
export const Refused = {
  emits: ["back"],
  setup: (_props, { emit }) => () => h("section", { class: "refused" }, [
    h("div", { class: "refused-mark" }, icon("phone")),
    h("h2", t("没关系，您也可以打电话")),
    h("p", around(t("您没有同意，所以这里什么都没有记下。请拨打 {0}，话务员会帮您登记。", "\u0001"), h("strong", city.hotline))),
    h("p", t("遇到人身危险，请直接拨打 110、119 或 120。")),
    h("a", { class: "weui-btn weui-btn_primary", href: `tel:${city.hotline}` }, t("拨打 {0}", city.hotline)),
    h("button", { type: "button", class: "weui-btn weui-btn_default", onClick: () => emit("back") }, t("再看一看说明")),
  ]),
};

/** The privacy notice, for reading again. */
export const Privacy = {
  emits: ["close"],
  setup: (_props, { emit }) => () => h(Layer, { title: t("隐私说明"), onClose: () => emit("close") }, () => privacyText()),
};

const THEMES = [["auto", "跟随系统"], ["light", "浅色"], ["dark", "深色"]];

/** How the page looks, and the way to the other sheets. Emits `go` with cases, privacy or restart. */
export const Menu = {
  props: { open: Boolean },
  emits: ["close", "go"],
  setup: (props, { emit }) => () => h(Layer, { title: t("菜单"), onClose: () => emit("close") }, () => [
    h("div", { class: "rows" }, [
      h("label", { class: "row" }, [
        h("span", { class: "row-text" }, [t("大字版"), h("small", t("字更大，按钮更好点"))]),
        h("input", {
          class: "weui-switch", type: "checkbox", role: "switch", checked: look.large, "data-first": "",
          onChange: (event) => { look.large = event.target.checked; },
        }),
      ]),
      h("fieldset", { class: "row" }, [
        h("legend", t("明暗")),
        h("div", { class: "segments" }, THEMES.map(([value, label]) => h("label", { class: "segment" }, [
          h("input", { type: "radio", name: "theme", checked: look.theme === value, onChange: () => { look.theme = value; } }),
          h("span", t(label)),
        ]))),
      ]),
      h("fieldset", { class: "row" }, [
        h("legend", t("语言")),
        languages(),
      ]),
    ]),
    h("div", { class: "rows" }, [
      props.open ? row(t("我的诉求"), t("这次对话里登记的案件和进度"), () => emit("go", "cases")) : null,
      row(t("隐私说明"), t("记下什么、给谁看、存多久"), () => emit("go", "privacy")),
      h("a", { class: "row row-link", href: `tel:${city.hotline}` }, h("span", { class: "row-text" }, [t("拨打 {0}", city.hotline), h("small", t("跟话务员说"))])),
      props.open ? row(t("清除本机记录，开始新对话"), t("已登记的案件照常办理"), () => emit("go", "restart")) : null,
    ]),
  ]),
};

const row = (label, hint, act) =>
  h("button", { type: "button", class: "row row-link", onClick: act }, h("span", { class: "row-text" }, [label, h("small", hint)]));

/** The cases of this conversation. */
export const Cases = {
  emits: ["close"],
  setup(_props, { emit }) {
    const cases = ref(null);
    const problem = ref("");
    const load = async () => {
      problem.value = "";
      try {
        cases.value = await myCases();
      } catch (error) {
        problem.value = error.detail || t("暂时查不到，请稍后再试。");
      }
    };
    onMounted(load);
    return () => h(Layer, { title: t("我的诉求"), onClose: () => emit("close") }, () => {
      if (problem.value) {
        return h("div", { class: "empty" }, [
          h("p", { role: "alert" }, problem.value),
          h("button", { type: "button", class: "weui-btn weui-btn_default", onClick: load }, t("再试一次")),
        ]);
      }
      if (!cases.value) return h("p", { class: "empty", role: "status" }, t("正在查…"));
      if (!cases.value.length) {
        return h("div", { class: "empty" }, [h("p", t("这次对话还没有登记案件。")), h("p", t("您把事情和地点说清楚，确认之后就会有案件编号。"))]);
      }
      return h("div", { class: "case-list" }, cases.value.map((it) => h(CaseCard, { key: it.case_no, case: { language: language.value, ...it }, headed: false })));
    });
  },
};
