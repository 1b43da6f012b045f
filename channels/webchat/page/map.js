// The big map: picking a place under a fixed pin, or looking at one. Drawn from the city's own shapes, so it
// needs no map service; where the city names tiles they lie underneath. Leaflet is loaded when first needed.

import { computed, h, onBeforeUnmount, onMounted, ref, shallowRef, watch } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { city, labelOf, loadCity, nearest, townAt } from "./city.js";
import { icon } from "./icons.js";
import { look } from "./settings.js";
import { Layer } from "./sheets.js";
import { distance } from "./words.js";
import { t } from "./language.js";

const INKS = {
  light: { land: "#f6f4ec", edge: "#8f9a86", town: "#b3b8a8", road: "#ffffff", casing: "#cfcabb" },
  dark: { land: "#26292b", edge: "#6f7a72", town: "#4d555a", road: "#4a5258", casing: "#1b1e20" },
};

let leaflet = null;

/** Leaflet, with its style sheet. Rejects when it cannot be loaded; may be asked again. */
function loadLeaflet() {
  if (!leaflet) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = "/assets/vendor/leaflet/leaflet.css";
    document.head.prepend(style); // before our own rules
    leaflet = import("../vendor/leaflet/leaflet.js").then(() => window.L, (error) => { leaflet = null; throw error; });
  }
  return leaflet;
}

/** Where the device is: `{lat, lng, accuracy}` (WGS84 degrees, metres). Rejects with words for the resident. */
export function whereAmI() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation || !window.isSecureContext) {
      reject(new Error(t("这里取不到您的位置，请在地图上选。")));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy }),
      (error) => reject(new Error(error.code === 1 ? t("没有得到位置许可，请在地图上选。") : t("没能取得位置，请在地图上选。"))),
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  });
}

/** Draw the city into `map`; gives a function that draws it anew in other inks. */
function drawCity(L, map) {
  const renderer = L.canvas({ padding: 0.4 });
  const shapes = L.layerGroup().addTo(map);
  const names = L.layerGroup().addTo(map);
  const style = { renderer, interactive: false };
  const breadth = () => Math.max(1.5, Math.min(16, 2 ** (map.getZoom() - 12.4)));
  let roads = [];

  if (city.tiles) L.tileLayer(city.tiles, { maxZoom: 19 }).addTo(map);

  const draw = () => {
    const ink = INKS[look.dark ? "dark" : "light"];
    shapes.clearLayers();
    const fill = city.tiles ? { fill: false } : { fillColor: ink.land, fillOpacity: 1 };
    L.geoJSON(city.outline, { ...style, style: { color: ink.edge, weight: 2, ...fill } }).addTo(shapes);
    L.geoJSON(city.towns, { ...style, style: { color: ink.town, weight: 1, dashArray: "5 4", fill: false } }).addTo(shapes);
    roads = [];
    if (!city.tiles) {
      for (const [color, extra] of [[ink.casing, 1.5], [ink.road, 0]]) {
        const layer = L.geoJSON(city.roads, { ...style, style: { color, weight: breadth() + extra, lineCap: "round" } }).addTo(shapes);
        roads.push([layer, extra]);
      }
    }
  };
  const write = () => {
    for (const [layer, extra] of roads) layer.setStyle({ weight: breadth() + extra });
    names.clearLayers();
    if (city.tiles) return;
    const zoom = map.getZoom();
    const size = map.getSize();
    const taken = [];
    const place = (latlng, text, kind, advance) => {
      const { x, y } = map.latLngToContainerPoint(latlng);
      const width = text.length * (look.large ? 16 : advance) + 12;
      const left = kind === "landmark" ? 6 : width / 2; // a landmark's dot stands on its place
      const box = [x - left, y - 10, x - left + width, y + 10];
      if (x < 0 || y < 0 || x > size.x || y > size.y) return;
      if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) return;
      taken.push(box);
      const tag = document.createElement("span");
      tag.textContent = text;
      L.marker(latlng, { interactive: false, keyboard: false, icon: L.divIcon({ className: `map-name map-${kind}`, html: tag, iconSize: [width, 20], iconAnchor: [left, 10] }) }).addTo(names);
    };
    if (zoom < 14.5) for (const town of city.towns) place(L.geoJSON(town).getBounds().getCenter(), town.properties.name, "town", 13);
    if (zoom >= 13) {
      const middle = map.getCenter();
      for (const landmark of nearest(middle, zoom >= 15 ? 60 : 24)) {
        if (taken.length > 46) break;
        place([landmark.lat, landmark.lng], landmark.name, "landmark", 12);
      }
    }
    if (zoom >= 12.5) {
      const view = map.getBounds();
      for (const road of city.roads) {
        const points = [].concat(...(road.geometry.type === "MultiLineString" ? road.geometry.coordinates : [road.geometry.coordinates]));
        const seen = points.filter(([lng, lat]) => view.contains([lat, lng]));
        if (seen.length) {
          const [lng, lat] = seen[seen.length >> 1];
          place([lat, lng], road.properties.name, "road", 11);
        }
      }
    }
  };
  draw();
  write();
  map.on("moveend zoomend resize", write);
  return () => { draw(); write(); };
}

/**
 * The map over the page. `place`: `{lat, lng, label?, accuracy?}` to begin at (else the whole city); `pick`: whether to
 * choose (emits `picked` with `{lat, lng, label}`) or only to look.
 */
export const MapSheet = {
  props: { pick: Boolean, place: Object, note: String },
  emits: ["close", "picked"],
  setup(props, { emit }) {
    const box = ref(null);
    const centre = shallowRef(props.place || null);
    const problem = ref("");
    const note = ref(props.note || "");
    const moving = ref(false);
    const query = ref("");
    const chosen = ref(null); // the landmark the resident tapped: its name is the label
    let map = null;

    const around = computed(() => {
      if (!city.loaded || !props.pick) return [];
      const words = query.value.trim();
      if (words) {
        const from = centre.value || { lat: 0, lng: 0 };
        return nearest(from, Infinity).filter((l) => l.name.includes(words)).slice(0, 30);
      }
      return centre.value ? nearest(centre.value, 8) : [];
    });
    const label = computed(() => (chosen.value ? chosen.value.name : centre.value ? labelOf(centre.value) : ""));
    const goTo = (place, zoom = 16) => map && map.setView([place.lat, place.lng], zoom);
    const take = (landmark) => {
      query.value = "";
      chosen.value = landmark;
      goTo(landmark, Math.max(map.getZoom(), 16));
    };
    const here = async () => {
      note.value = t("正在取得您的位置…");
      try {
        const place = await whereAmI();
        note.value = "";
        chosen.value = null;
        goTo(place, 17);
      } catch (error) {
        note.value = error.message;
      }
    };

    onMounted(async () => {
      let L;
      try {
        [L] = await Promise.all([loadLeaflet(), loadCity()]);
      } catch {
        problem.value = t("地图打不开，请直接写明地址或附近的标志。");
        return;
      }
      if (!box.value) return;
      if (!city.loaded && !props.place) {
        problem.value = t("地图暂时打不开，请直接写明地址或附近的标志。");
        return;
      }
      map = L.map(box.value, { zoomControl: false, attributionControl: false, minZoom: 10, maxZoom: 18, zoomSnap: 0.5 });
      const bounds = L.geoJSON(city.outline).getBounds();
      if (props.place) goTo(props.place);
      else if (bounds.isValid()) map.fitBounds(bounds, { padding: [12, 12] });
      else goTo(city.landmarks[0] || { lat: 35, lng: 105 }, 12);
      if (document.activeElement === box.value) {
        // Leaflet listens to the keys from the next focus on
        box.value.blur();
        box.value.focus({ preventScroll: true });
      }
      L.control.zoom({ position: "bottomleft", zoomInTitle: t("放大"), zoomOutTitle: t("缩小") }).addTo(map);
      const redraw = drawCity(L, map);
      watch(() => look.dark, redraw);
      if (props.pick && props.place && props.place.accuracy > 20) {
        L.circle([props.place.lat, props.place.lng], { radius: Math.min(props.place.accuracy, 2000), weight: 1, interactive: false }).addTo(map);
      }
      if (!props.pick) {
        L.marker([props.place.lat, props.place.lng], { interactive: false, keyboard: false, icon: L.divIcon({ className: "map-pin-mark", html: "<i></i>", iconSize: [32, 40], iconAnchor: [16, 40] }) }).addTo(map);
        return;
      }
      const settle = () => {
        const { lat, lng } = map.getCenter();
        centre.value = { lat, lng };
        if (chosen.value && map.distance([lat, lng], [chosen.value.lat, chosen.value.lng]) > 30) chosen.value = null;
        moving.value = false;
      };
      settle();
      map.on("movestart", () => { moving.value = true; });
      map.on("moveend", settle);
      map.on("click", (event) => map.panTo(event.latlng));
    });
    onBeforeUnmount(() => map && map.remove());

    const send = () => emit("picked", {
      lat: Number(centre.value.lat.toFixed(6)), lng: Number(centre.value.lng.toFixed(6)), label: label.value,
    });

    return () => h(Layer, { title: props.pick ? t("选择位置") : props.place.label || t("位置"), form: "page", onClose: () => emit("close") }, () => [
      note.value ? h("p", { class: "map-note", role: "status" }, note.value) : null,
      h("div", { class: ["map-frame", { picking: props.pick }] }, [
        problem.value ? h("p", { class: "empty", role: "alert" }, problem.value)
          : h("div", { ref: box, class: "map", tabindex: 0, "data-first": "", "aria-label": props.pick ? t("地图：用方向键移动，加减号缩放，图钉指着要发的位置") : t("地图") }),
        props.pick && !problem.value ? h("span", { class: ["map-pin", { lifted: moving.value }], "aria-hidden": "true" }, h("i")) : null,
        props.pick && !problem.value ? h("button", { type: "button", class: "map-here", "aria-label": t("回到我的位置"), onClick: here }, icon("target")) : null,
      ]),
      props.pick && !problem.value ? h("div", { class: "map-choice" }, [
        h("div", { class: "map-chosen", "aria-live": "polite" }, [
          h("span", { class: "row-text" }, [h("strong", label.value || "…"), h("small", centre.value ? townAt(centre.value) || t("图钉指着的位置") : "")]),
          h("button", { type: "button", class: "weui-btn weui-btn_primary map-send", disabled: !centre.value, onClick: send }, t("发送")),
        ]),
        h("label", { class: "map-search" }, [
          icon("search"),
          h("input", { type: "search", placeholder: t("搜小区、学校、车站…"), "aria-label": t("搜附近的地方"), value: query.value, onInput: (event) => { query.value = event.target.value; } }),
        ]),
        h("div", { class: "map-list" }, around.value.length
          ? around.value.map((it) => h("button", { type: "button", class: "row row-plain", key: `${it.name}${it.lat}`, onClick: () => take(it) }, [
            h("span", { class: "row-text" }, it.name), h("small", distance(it.metres)),
          ]))
          : h("p", { class: "empty" }, query.value ? t("没有找到，换个说法试试，或直接拖动地图。") : "")),
      ]) : null,
    ]);
  },
};
