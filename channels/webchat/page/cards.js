// Cards in the conversation: a filed case, the summary read back before filing, a place on a small map.

import { computed, h, onBeforeUnmount, ref } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { city, lines, nearest, polygons, townAt } from "./city.js";
import { icon } from "./icons.js";
import { t as ofPage, wordsFor } from "./language.js";
import { look } from "./settings.js";
import { dueTime, grouped, nameOf, PRECISION, STATUS, STATUS_TONE } from "./words.js";

/** Copy a text; also where the clipboard is closed to pages (plain http). Tells whether it worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.className = "unseen";
    (document.querySelector("dialog[open] .layer-body") || document.body).append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", name), h("dd", value)]));

/** A case with its number, as in `custom` of kind "case" (just filed) and "progress" (how it stands). */
export const CaseCard = {
  props: { case: Object, headed: { type: Boolean, default: true } },
  setup(props) {
    const copied = ref("");
    let timer;
    onBeforeUnmount(() => clearTimeout(timer));
    const take = async () => {
      copied.value = (await copy(String(props.case.case_no))) ? "已复制" : "请手抄编号";
      clearTimeout(timer);
      timer = setTimeout(() => { copied.value = ""; }, 2500);
    };
    return () => {
      const { case_no: number, status, status_label: label, category, department, due_at: due, location, description } = props.case;
      const t = wordsFor(props.case);
      const over = ["done", "rest"].includes(STATUS_TONE[status]);
      return h("section", { class: "card", lang: props.case.language, "aria-label": t("案件 {0}", grouped(number)) }, [
        h("header", { class: "card-head" }, [
          h("span", { class: "card-kind" }, props.headed ? t("案件编号") : nameOf(category) || t("案件")),
          label || STATUS[status] ? h("span", { class: ["state", `state-${STATUS_TONE[status] || "open"}`] }, t(label || STATUS[status])) : null,
        ]),
        h("div", { class: "number" }, [
          h("span", { class: "number-digits" }, grouped(number)),
          h("button", { type: "button", class: "copy", "aria-label": t("复制编号 {0}", grouped(number)), onClick: take }, t(copied.value || "复制")),
        ]),
        h("span", { class: "unseen", role: "status" }, copied.value && t(copied.value)),
        facts([
          [t("事项"), props.headed ? nameOf(category) : ""],
          [t("地点"), location && (location.text || location)],
          [t("内容"), props.headed ? "" : description],
          [t("承办"), nameOf(department) || (over ? "" : t("正在确定"))],
          [t("时限"), over ? "" : dueTime(due, props.case.language)],
        ]),
      ]);
    };
  },
};

/** What will be filed, for the resident to check, as in `custom` of kind "summary". */
export const SummaryCard = {
  props: { summary: Object },
  emits: ["map"],
  setup: (props, { emit }) => () => {
    const { category, place, description, department, due_at: due, phone, attachments } = props.summary;
    const t = wordsFor(props.summary);
    const located = place && Number.isFinite(place.lat) && Number.isFinite(place.lng);
    const town = place && nameOf(place.town);
    return h("section", { class: "card", lang: props.summary.language, "aria-label": t("请您核对") }, [
      h("header", { class: "card-head" }, [
        h("span", { class: "card-kind" }, t("请您核对")),
        h("span", { class: "state state-rest" }, t("还没有提交")),
      ]),
      h("p", { class: "card-title" }, nameOf(category) || t("城市管理问题")),
      facts([
        [t("内容"), description],
        [t("附件"), attachments ? t("{0} 个", attachments) : ""],
        [t("地点"), place && h("span", [
          place.text || t("未说明"),
          place.precision && place.precision !== "point" || town
            ? h("small", [town, place.precision && t(PRECISION[place.precision])].filter(Boolean).join(" · ")) : null,
        ])],
        [t("承办"), nameOf(department)],
        [t("时限"), dueTime(due, props.summary.language)],
        [t("电话"), phone],
      ]),
      located ? h(PlaceButton, { place: { lat: place.lat, lng: place.lng, label: place.text }, onMap: (it) => emit("map", it) }) : null,
    ]);
  },
};

/** A place that the resident sent: its name over a small map. */
export const LocationCard = {
  props: { place: Object },
  emits: ["map"],
  setup: (props, { emit }) => () => h("section", { class: "card card-place" }, [
    h("p", { class: "card-title" }, props.place.label || townAt(props.place) || ofPage("位置")),
    h("p", { class: "card-note" }, nameOf(townAt(props.place)) || `${props.place.lat.toFixed(5)}, ${props.place.lng.toFixed(5)}`),
    h(PlaceButton, { place: props.place, onMap: (it) => emit("map", it) }),
  ]),
};

const PlaceButton = {
  props: { place: Object },
  emits: ["map"],
  setup: (props, { emit }) => () => h("button", {
    type: "button", class: "small-map", "aria-label": ofPage("在地图上看 {0}", props.place.label || ofPage("这个位置")), onClick: () => emit("map", props.place),
  }, h(SmallMap, { place: props.place })),
};

const WIDTH = 240;
const HEIGHT = 110;
const METRES_WIDE = 1400;

/** The surroundings of a place, drawn from the city's own shapes: light enough for many in one conversation. */
const SmallMap = {
  props: { place: Object },
  setup(props) {
    const drawing = computed(() => {
      const { lat, lng } = props.place;
      const down = WIDTH / METRES_WIDE * 111320;
      const right = down * Math.cos(lat * Math.PI / 180);
      const spot = ([x, y]) => [(x - lng) * right + WIDTH / 2, (lat - y) * down + HEIGHT / 2];
      const far = ([x, y]) => x < -WIDTH || x > WIDTH * 2 || y < -HEIGHT * 2 || y > HEIGHT * 3;
      const path = (points) => points.map((p, i) => `${i ? "L" : "M"}${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("");
      const roads = city.roads.flatMap((road) => lines(road).map((line) => line.map(spot)))
        .filter((points) => points.some((p, i) => !far(p) || (i && crosses(points[i - 1], p))));
      const towns = city.towns.flatMap((town) => polygons(town).map((rings) => path(rings[0].map(spot)) + "Z"));
      const type = look.large ? 15 : 10; // of the drawing's own 240 units
      return { roads: roads.map(path), towns, names: labels(props.place, spot, type), type };
    });
    return () => h("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" }, [
      h("g", { class: "sm-town" }, drawing.value.towns.map((d) => h("path", { d }))),
      h("g", { class: "sm-road-edge" }, drawing.value.roads.map((d) => h("path", { d }))),
      h("g", { class: "sm-road" }, drawing.value.roads.map((d) => h("path", { d }))),
      drawing.value.names.map(({ name, x, y }) => h("g", { class: "sm-name" }, [
        h("circle", { cx: x, cy: y, r: 2 }), h("text", { x, y: y - 5, "text-anchor": "middle", "font-size": drawing.value.type }, name),
      ])),
      h("path", {
        class: "sm-pin", transform: `translate(${WIDTH / 2} ${HEIGHT / 2})`,
        d: "M0 0C-6.5-8-10-12.5-10-18a10 10 0 1 1 20 0C10-12.5 6.5-8 0 0zM0-14.2a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6z",
      }),
    ]);
  },
};

// a long straight stretch may pass the picture without a corner near it
const crosses = (a, b) => Math.min(a[0], b[0]) < WIDTH && Math.max(a[0], b[0]) > 0 && Math.min(a[1], b[1]) < HEIGHT && Math.max(a[1], b[1]) > 0;

function labels(place, spot, type) {
  const taken = [[WIDTH / 2 - 14, HEIGHT / 2 - 32, WIDTH / 2 + 14, HEIGHT / 2 + 4]];
  const shown = [];
  for (const { name, lat, lng } of nearest(place, 12)) {
    const [x, y] = spot([lng, lat]);
    const half = (name.length * type) / 2 + 2;
    const box = [x - half, y - 6 - type, x + half, y + 4];
    const inside = box[0] > 2 && box[2] < WIDTH - 2 && box[1] > 0 && box[3] < HEIGHT;
    if (inside && !taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) {
      taken.push(box);
      shown.push({ name, x, y });
    }
    if (shown.length === 4) break;
  }
  return shown;
}

/** The mark of an attachment that is no picture and no sound. */
export const fileMark = () => h("span", { class: "file" }, [icon("list"), ofPage("文件")]);
