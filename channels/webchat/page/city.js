// The city's own shapes, and questions about places that can be answered from them.

import { shallowReactive } from "../vendor/vue/vue.runtime.esm-browser.prod.js";
import { fetchCity } from "./transport.js";
import { t } from "./language.js";

/** What is known of the city; the page works without any of it. Landmarks: `{name, lat, lng}`. */
export const city = shallowReactive({
  loaded: false, name: "", hotline: "12345", emergency: ["110", "119", "120"], tiles: "",
  outline: [], towns: [], roads: [], landmarks: [],
});

const features = (shape) => {
  if (!shape) return [];
  return shape.type === "FeatureCollection" ? shape.features : [shape];
};
const named = (feature) => (feature.properties && feature.properties.name) || "";

let loading = null;

/** Load the city once; a failed try is repeated the next time somebody asks. Never rejects. */
export function loadCity() {
  if (!loading) {
    loading = fetchCity().then(take, () => { loading = null; });
  }
  return loading;
}

function take(told) {
  city.name = told.name || "";
  city.hotline = told.hotline || city.hotline;
  city.emergency = [...new Set([...city.emergency, ...Object.values(told.emergency || {}).map(String)])];
  city.tiles = told.map_tiles || "";
  city.outline = features(told.outline);
  city.towns = features(told.towns);
  city.roads = features(told.roads);
  city.landmarks = features(told.landmarks).map(({ properties, geometry }) => ({
    name: properties.name, kind: properties.kind, lat: geometry.coordinates[1], lng: geometry.coordinates[0],
  }));
  city.loaded = true;
}

const METRES_PER_DEGREE = 111320;

/** Metres between two places; flat reckoning, good for a city. */
export function metresBetween(a, b) {
  const east = (a.lng - b.lng) * Math.cos(((a.lat + b.lat) / 2) * (Math.PI / 180));
  return Math.hypot(a.lat - b.lat, east) * METRES_PER_DEGREE;
}

/** The landmarks around a place, nearest first: `[{name, lat, lng, metres}]`. */
export function nearest(place, count = 1) {
  return city.landmarks
    .map((landmark) => ({ ...landmark, metres: metresBetween(place, landmark) }))
    .sort((a, b) => a.metres - b.metres)
    .slice(0, count);
}

function inRing(lng, lat, ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > lat !== yj > lat && lng < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** The polygons of a feature, each as rings of [lng, lat]. */
export const polygons = (feature) => {
  const { type, coordinates } = feature.geometry || {};
  return type === "MultiPolygon" ? coordinates : type === "Polygon" ? [coordinates] : [];
};

/** The lines of a feature, each as a list of [lng, lat]. */
export const lines = (feature) => {
  const { type, coordinates } = feature.geometry || {};
  return type === "MultiLineString" ? coordinates : type === "LineString" ? [coordinates] : [];
};

/** The name of the town a place lies in, or "". */
export function townAt({ lat, lng }) {
  const inside = (rings) => rings.reduce((even, ring) => even !== inRing(lng, lat, ring), false);
  const town = city.towns.find((feature) => polygons(feature).some(inside));
  return town ? named(town) : "";
}

/** What to call a place: the nearest landmark's name, else its town. */
export function labelOf(place) {
  const [landmark] = nearest(place);
  if (landmark && landmark.metres <= 150) return landmark.name;
  if (landmark && landmark.metres <= 1000) return t("{0}附近", landmark.name);
  return townAt(place) || t("地图上选的位置");
}
