// Where the resident speaks: words, voice, and the panel behind the "+".

import { h, nextTick, onBeforeUnmount, onMounted, reactive, ref } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { sendAttachment, sendText } from "./conversation.js";
import { icon } from "./icons.js";
import { t } from "./language.js";
import { shrink } from "./photo.js";
import { canRecord, Recording } from "./recorder.js";
import { look, recall, remember } from "./settings.js";
import { seconds } from "./words.js";

const LONGEST_TEXT = 5000; // characters, the server's limit
const SHORT_PRESS_MS = 400; // below it a press means: keep recording until the next one
const LINES = 4;
const MOST_PHOTOS = 9; // at once, as people know it from WeChat

/** Emits `place` with "here" or "map", `cases`, `photo` with `{blob, name}` of those to look at first and a note on them, `notice` with words. */
export const Composer = {
  emits: ["place", "cases", "photo", "notice"],
  setup(_props, { emit, expose }) {
    const text = ref(recall("draft", ""));
    const field = ref(null);
    const album = ref(null);
    const camera = ref(null);
    const sound = ref(null);
    const open = ref(false); // the panel
    const speaking = ref(false); // the voice bar instead of the text field
    const voice = reactive({ recording: false, starting: false, latched: false, seconds: 0 });
    let composing = false;
    let recording = null;
    let pressedAt = 0;

    const grow = () => {
      const box = field.value;
      if (!box) return;
      box.style.height = "auto";
      const style = getComputedStyle(box);
      const line = parseFloat(style.lineHeight);
      const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
      box.style.height = `${Math.min(box.scrollHeight, line * LINES + padding)}px`;
      box.style.overflowY = box.scrollHeight > line * LINES + padding + 1 ? "auto" : "hidden";
    };
    const write = (value) => {
      text.value = value;
      remember("draft", value || null);
      nextTick(grow);
    };
    const send = () => {
      const words = text.value.trim();
      if (!words) return;
      sendText(words);
      write("");
      open.value = false;
      field.value.focus();
    };
    const key = (event) => {
      // keyCode 229: some phones tell only so that the input method is still at work
      if (event.key !== "Enter" || event.shiftKey || composing || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      send();
    };

    // ---- voice ----------------------------------------------------------------------------------------------
    const startVoice = async () => {
      if (voice.recording || voice.starting) return;
      voice.starting = true;
      voice.seconds = 0;
      voice.latched = false;
      recording = new Recording({ ticked: (n) => { voice.seconds = n; }, full: () => endVoice(true) });
      const mine = recording;
      try {
        await mine.start();
        if (recording === mine) voice.recording = true;
      } catch {
        if (recording === mine) recording = null;
        emit("notice", t("没能打开话筒。请在手机里允许使用话筒，或者直接打字。"));
      } finally {
        voice.starting = false;
      }
    };
    const endVoice = async (keepIt) => {
      const mine = recording;
      recording = null;
      voice.recording = voice.latched = false;
      if (!mine) return;
      if (!keepIt) {
        mine.drop();
        return;
      }
      const taken = await mine.finish();
      if (taken) sendAttachment(taken.blob, taken.name);
      else emit("notice", t("说话时间太短"));
    };
    const press = (event) => {
      if (event.button > 0) return;
      if (voice.recording && voice.latched) return; // the click that follows ends it
      pressedAt = performance.now();
      event.target.setPointerCapture?.(event.pointerId);
      startVoice();
    };
    const release = () => {
      if (!pressedAt) return;
      const short = performance.now() - pressedAt < SHORT_PRESS_MS || voice.starting;
      pressedAt = 0;
      if (short) voice.latched = Boolean(recording);
      else endVoice(true);
      skipClick = true;
      setTimeout(() => { skipClick = false; }, 0);
    };
    let skipClick = false;
    const click = () => {
      if (skipClick) return;
      if (voice.recording) endVoice(true);
      else startVoice().then(() => { voice.latched = voice.recording; });
    };
    const speak = () => {
      open.value = false;
      if (canRecord()) {
        speaking.value = !speaking.value;
        if (!speaking.value) {
          endVoice(false);
          nextTick(() => { grow(); field.value.focus(); });
        }
      } else sound.value.click(); // the device's own recorder
    };

    // ---- files ----------------------------------------------------------------------------------------------
    const chosen = async (event) => {
      const files = [...event.target.files];
      event.target.value = "";
      if (!files.length) return;
      open.value = false;
      const isPhoto = (file) => file.type.startsWith("image/");
      for (const file of files.filter((each) => !isPhoto(each))) sendAttachment(file, file.name || "voice");
      const photos = [];
      // one after another: several at once are too much for a small telephone
      for (const file of files.filter(isPhoto).slice(0, MOST_PHOTOS)) photos.push({ blob: await shrink(file), name: file.name });
      const note = files.filter(isPhoto).length > MOST_PHOTOS ? t("一次最多发 {0} 张，这是前 {0} 张。", MOST_PHOTOS) : "";
      if (photos.length) emit("photo", photos, note);
    };

    onMounted(grow);
    onBeforeUnmount(() => recording && recording.drop());
    expose({ grow });

    const tile = (name, label, act) => h("button", { type: "button", class: "tile", onClick: act }, [h("span", { class: "tile-mark" }, icon(name)), label]);
    const go = (what, ...rest) => () => { open.value = false; emit(what, ...rest); };

    const voiceBar = () => h("div", { class: "voice" }, [
      h("button", {
        type: "button", class: ["voice-bar", { live: voice.recording }],
        onPointerdown: press, onPointerup: release, onPointercancel: release, onClick: click,
        onContextmenu: (event) => event.preventDefault(),
      }, voice.starting ? t("正在打开话筒…")
        : !voice.recording ? t("按住说话，或点一下开始")
          : voice.latched ? t("{0}　点一下发送", seconds(voice.seconds)) : t("{0}　松开发送", seconds(voice.seconds))),
      voice.recording && voice.latched
        ? h("button", { type: "button", class: "voice-drop", onClick: () => endVoice(false) }, t("取消")) : null,
    ]);

    return () => h("footer", { class: "composer" }, [
      h("div", { class: "composer-line" }, [
        h("button", { type: "button", class: "icon-button", "aria-label": speaking.value ? t("改用打字") : t("语音输入"), onClick: speak }, icon(speaking.value ? "keyboard" : "voice")),
        speaking.value ? voiceBar() : h("textarea", {
          ref: field, class: "field", rows: 1, value: text.value, maxlength: LONGEST_TEXT, enterkeyhint: "send",
          "aria-label": t("说说是什么事、在哪里"), placeholder: look.large ? t("请说说什么事") : t("说说是什么事、在哪里"),
          onInput: (event) => write(event.target.value), onKeydown: key,
          onCompositionstart: () => { composing = true; },
          // after the Enter that ends the composing has gone by
          onCompositionend: () => { setTimeout(() => { composing = false; }, 0); },
          onFocus: () => { open.value = false; },
        }),
        text.value.trim() && !speaking.value
          ? h("button", { type: "button", class: "send", onClick: send, onPointerdown: (event) => event.preventDefault() }, t("发送"))
          : h("button", {
            type: "button", class: "icon-button", "aria-label": t("更多：位置、照片、语音"), "aria-expanded": String(open.value), "aria-controls": "panel", "data-home": "",
            onClick: () => { open.value = !open.value; if (open.value) field.value?.blur(); },
          }, icon("plus")),
      ]),
      h("div", { id: "panel", class: "panel", hidden: !open.value }, [
        tile("pin", t("发送位置"), go("place", "here")),
        tile("map", t("地图上选"), go("place", "map")),
        tile("photo", t("照片"), () => album.value.click()),
        tile("camera", t("拍照"), () => camera.value.click()),
        tile("mic", t("语音"), () => { if (!speaking.value) speak(); else open.value = false; }),
        tile("list", t("我的诉求"), go("cases")),
      ]),
      h("input", { ref: album, type: "file", accept: "image/*", multiple: true, hidden: true, onChange: chosen }),
      h("input", { ref: camera, type: "file", accept: "image/*", capture: "environment", hidden: true, onChange: chosen }),
      h("input", { ref: sound, type: "file", accept: "audio/*", capture: "user", hidden: true, onChange: chosen }),
    ]);
  },
};
