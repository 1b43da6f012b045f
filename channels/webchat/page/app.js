// The residents' chat page.
//
// No build step: ES modules served as they are, Vue's runtime with render functions (nothing is compiled in the
// browser, so the page runs under "script-src 'self'"), WeUI's style sheet for the look of WeChat.
//
//   app.js           what is open now: consent, conversation, layers over it
//   conversation.js  the messages and the promise that none is lost or sent twice
//   transport.js     requests, uploads, the WebSocket with polling behind it
//   thread.js        bubbles, times, quick replies;   cards.js  case, summary and place
//   composer.js      text field, "+" panel, voice;    recorder.js, photo.js, exif.js  what it sends
//   map.js           picking and looking at a place;  city.js  the city's shapes, names of places
//   sheets.js        dialogs and menus;               settings.js  what this device remembers
//   language.js      the page's language;             translations.js
//   words.js         wording and formats;             icons.js, chat.css
//
// The page is /chat, its files are under /assets/chat/, Vue, WeUI and Leaflet under /assets/vendor/.
// It talks to /channels/web/… and reads /api/v1/city; without the latter all but the maps works.

import { createApp, h, onMounted, onBeforeUnmount, reactive, ref, watchEffect } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { city, loadCity } from "./city.js";
import { Composer } from "./composer.js";
import { begin, forget, resume, sendAttachment, sendLocation, talk, uploading } from "./conversation.js";
import { icon } from "./icons.js";
import { applyLanguage, t } from "./language.js";
import { MapSheet, whereAmI } from "./map.js";
import { applyLook } from "./settings.js";
import { Ask, Cases, Consent, Layer, Menu, Privacy, Refused } from "./sheets.js";
import { Thread } from "./thread.js";

const NOTICE_MS = 3500;

const Page = {
  setup() {
    const frame = ref(null);
    const layer = ref(null); // {name, …} of what is open over the conversation
    const consent = reactive({ refused: false, busy: false, problem: "" });
    const notice = ref("");
    const offline = ref(false);
    let noticeTimer;
    let offlineTimer;

    const close = () => {
      for (const { url } of layer.value?.photos ?? []) URL.revokeObjectURL(url);
      layer.value = null;
    };
    const tell = (words) => {
      notice.value = words;
      clearTimeout(noticeTimer);
      noticeTimer = setTimeout(() => { notice.value = ""; }, NOTICE_MS);
    };
    const agree = async () => {
      consent.busy = true;
      consent.problem = "";
      try {
        await begin();
      } catch (error) {
        consent.problem = error.detail || t("暂时连不上，请稍后再试。");
      }
      consent.busy = false;
    };
    const restart = () => {
      forget();
      consent.refused = false;
      close();
    };
    const locate = async (how) => {
      if (how === "map") {
        layer.value = { name: "map", pick: true };
        return;
      }
      tell(t("正在取得您的位置…"));
      try {
        const place = await whereAmI();
        layer.value = { name: "map", pick: true, place };
      } catch (error) {
        layer.value = { name: "map", pick: true, note: error.message };
      }
      notice.value = "";
    };
    const lookAt = (photos, note) => {
      layer.value = { name: "preview", note, photos: photos.map((photo) => ({ ...photo, url: URL.createObjectURL(photo.blob) })) };
    };

    // a short break is nobody's business
    watchEffect(() => {
      clearTimeout(offlineTimer);
      if (talk.reachable) offline.value = false;
      else offlineTimer = setTimeout(() => { offline.value = true; }, 1500);
    });
    watchEffect(() => { document.title = city.name ? t("{0}一号通", city.name) : t("城市服务一号通"); });

    // the page ends where the keyboard begins, also on phones that lay it over the page
    const fit = () => {
      const view = window.visualViewport;
      if (!view || !frame.value || view.scale > 1.01) return;
      frame.value.style.height = `${view.height}px`;
      if (view.offsetTop) scrollTo(0, 0);
    };
    const leaving = (event) => {
      if (uploading()) event.preventDefault();
    };
    onMounted(() => {
      window.visualViewport?.addEventListener("resize", fit);
      addEventListener("beforeunload", leaving);
      fit();
    });
    onBeforeUnmount(() => {
      window.visualViewport?.removeEventListener("resize", fit);
      removeEventListener("beforeunload", leaving);
    });

    const layers = {
      menu: () => h(Menu, { open: talk.stage === "open", onClose: close, onGo: (name) => { close(); layer.value = { name }; } }),
      privacy: () => h(Privacy, { onClose: close }),
      cases: () => h(Cases, { onClose: close }),
      restart: () => h(Ask, {
        title: t("清除本机记录？"), text: t("这台设备上将看不到这次对话。已经登记的案件照常办理，请先记下案件编号。"), onClose: close,
        actions: [{ label: t("清除并重新开始"), warn: true, act: restart }, { label: t("取消"), act: close }],
      }),
      map: () => h(MapSheet, {
        pick: Boolean(layer.value.pick), place: layer.value.place, note: layer.value.note, onClose: close,
        onPicked: (place) => { close(); sendLocation(place); },
      }),
      preview: () => h(Ask, {
        title: layer.value.photos.length > 1 ? t("发送这 {0} 张照片？", layer.value.photos.length) : t("发送这张照片？"), onClose: close,
        actions: [
          {
            label: t("发送"), main: true,
            act: () => { for (const { blob, name } of layer.value.photos) sendAttachment(blob, name || "photo.jpg"); close(); },
          },
          { label: t("取消"), act: close },
        ],
      }, () => [
        layer.value.note ? h("p", { class: "previews-note" }, layer.value.note) : null,
        h("div", { class: ["previews", { several: layer.value.photos.length > 1 }] },
          layer.value.photos.map(({ url }) => h("img", { class: "preview", src: url, alt: t("将要发送的照片") }))),
      ]),
      photo: () => h(Layer, { title: t("照片"), form: "page", onClose: close }, () => h("div", { class: "big-photo", onClick: close }, h("img", { src: layer.value.url, alt: t("您发的照片") }))),
    };

    const subtitle = () => (offline.value ? t("正在重新连接…") : talk.typing ? t("正在回复…") : t("服务热线 {0}", city.hotline));

    return () => h("div", { class: "page", ref: frame }, [
      h("header", { class: "bar" }, [
        h("span", { class: "bar-side" }),
        h("div", { class: "bar-title" }, [h("h1", city.name ? t("{0}一号通", city.name) : t("城市服务一号通")), h("p", subtitle())]),
        h("button", { type: "button", class: "icon-button", "aria-label": t("菜单"), "aria-haspopup": "dialog", onClick: () => { layer.value = { name: "menu" }; } }, icon("more")),
      ]),
      offline.value ? h("p", { class: "offline", role: "status" }, t("网络不通，正在重新连接。您说的话都留着，不会丢。")) : null,
      talk.stage === "none" && consent.refused
        ? h("main", { class: "thread-frame" }, h(Refused, { onBack: () => { consent.refused = false; } }))
        : h(Thread, {
          onMap: (place) => { layer.value = { name: "map", place }; },
          onPhoto: (url) => { layer.value = { name: "photo", url }; },
        }),
      talk.stage === "open" ? h(Composer, {
        onPlace: locate, onCases: () => { layer.value = { name: "cases" }; }, onPhoto: lookAt, onNotice: tell,
      }) : null,
      talk.stage === "none" && !consent.refused && !layer.value
        ? h(Consent, { busy: consent.busy, problem: consent.problem, onAgree: agree, onRefuse: () => { consent.refused = true; } }) : null,
      talk.stage === "gone" ? h(Ask, {
        title: t("这次对话已经结束"), text: t("服务器上找不到这次对话了。已经登记的案件照常办理，可以凭案件编号查询。"), closable: false,
        actions: [{ label: t("开始新对话"), main: true, act: restart }],
      }) : null,
      layer.value ? layers[layer.value.name]() : null,
      h("p", { class: ["notice", { shown: notice.value }], role: "status" }, notice.value),
    ]);
  },
};

applyLook();
applyLanguage();
loadCity();
resume();
document.getElementById("app").textContent = "";
createApp(Page).mount("#app");
