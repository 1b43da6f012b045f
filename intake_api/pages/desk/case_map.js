// Where it is: a map drawn from the city's own data, without tiles from anywhere (unless the city names a tile server).

import { h, onBeforeUnmount, onMounted, ref, watch } from './vue.js'
import * as L from '/assets/vendor/leaflet/leaflet-src.esm.js'
import { reference } from './reference.js'
import { cellBounds } from './grid.js'
import { theme } from './theme.js'

export const NAMES_FROM = 14
const HALF_LETTER = 6 // px, half the width of a Chinese letter in a name
const ZOOM = { point: 16, estate: 16, road: 15, town: 13 }

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

/** Keeps names from covering one another: `free(x0, y0, x1, y1)` takes the box when nobody has it. */
export function boxes() {
  const taken = []
  return (x0, y0, x1, y1) => {
    if (taken.some((box) => x1 >= box.x0 && x0 <= box.x1 && y1 >= box.y0 && y0 <= box.y1)) return false
    taken.push({ x0, y0, x1, y1 })
    return true
  }
}

function write(layer, place, words, kind, transform = '') {
  const label = document.createElement('span')
  label.textContent = words
  label.style.transform = transform
  L.marker(place, {
    icon: L.divIcon({ className: `map-name ${kind}`, html: label, iconSize: [0, 0] }),
    interactive: false,
    keyboard: false,
  }).addTo(layer)
}

/** Names along the roads in view, each at its longest straight. */
export function writeRoadNames(map, roads, layer, free) {
  const size = map.getSize()
  for (const { name, lines } of roads) {
    let best = null
    for (const line of lines) {
      for (let i = 1; i < line.length; i += 1) {
        const a = map.latLngToContainerPoint(line[i - 1])
        const b = map.latLngToContainerPoint(line[i])
        const middle = a.add(b).divideBy(2)
        const length = a.distanceTo(b)
        if (middle.x < 30 || middle.y < 14 || middle.x > size.x - 30 || middle.y > size.y - 14) continue
        if (!best || length > best.length) best = { a, b, middle, length }
      }
    }
    if (!best) continue
    let angle = (Math.atan2(best.b.y - best.a.y, best.b.x - best.a.x) * 180) / Math.PI
    if (angle > 90) angle -= 180
    if (angle < -90) angle += 180
    const reach = name.length * HALF_LETTER + 4
    const lie = Math.abs(Math.cos((angle * Math.PI) / 180))
    const stand = Math.abs(Math.sin((angle * Math.PI) / 180))
    const { x, y } = best.middle
    const across = Math.max(reach * lie, 9)
    const down = Math.max(reach * stand, 9)
    if (free(x - across, y - down, x + across, y + down)) {
      write(
        layer,
        map.containerPointToLatLng(best.middle),
        name,
        'road',
        `translate(-50%, -50%) rotate(${angle.toFixed(1)}deg)`,
      )
    }
  }
}

export function writeLandmarks(map, features, layer, free) {
  const view = map.getBounds().pad(-0.02)
  for (const { properties, geometry } of features) {
    if (geometry?.type !== 'Point') continue
    const place = L.latLng(geometry.coordinates[1], geometry.coordinates[0])
    if (!view.contains(place)) continue
    const { x, y } = map.latLngToContainerPoint(place)
    if (free(x - 4, y - 8, x + 8 + properties.name.length * 2 * HALF_LETTER, y + 8))
      write(layer, place, properties.name, 'landmark')
  }
}

export function writeTownNames(map, features, layer, free) {
  const view = map.getBounds()
  for (const feature of features) {
    const centre = L.geoJSON(feature).getBounds().getCenter()
    if (!view.contains(centre)) continue
    const { x, y } = map.latLngToContainerPoint(centre)
    const reach = feature.properties.name.length * (HALF_LETTER + 0.5)
    if (free(x - reach, y - 9, x + reach, y + 9)) write(layer, centre, feature.properties.name, 'town')
  }
}

/** Roads cut into short pieces, so that a name finds a piece in view. */
export function roadLines(features) {
  return features.map(({ properties, geometry }) => ({
    name: properties.name,
    lines: (geometry.type === 'LineString' ? [geometry.coordinates] : geometry.coordinates).map((line) =>
      line.flatMap(([lng, lat], i) => {
        if (!i) return [[lat, lng]]
        const [lng0, lat0] = line[i - 1]
        const pieces = Math.max(1, Math.ceil(Math.hypot(lng - lng0, lat - lat0) / 0.0015))
        return Array.from({ length: pieces }, (_, k) => [
          lat0 + ((lat - lat0) * (k + 1)) / pieces,
          lng0 + ((lng - lng0) * (k + 1)) / pieces,
        ])
      }),
    ),
  }))
}

export function drawCity(map, city) {
  const canvas = L.canvas({ padding: 0.3 })
  const group = L.layerGroup()
  const add = (data, style) =>
    data && L.geoJSON(data, { renderer: canvas, interactive: false, style, pointToLayer: () => null }).addTo(group)
  if (city.map_tiles) {
    L.tileLayer(city.map_tiles, { maxZoom: 19 }).addTo(group)
  } else {
    add(city.outline, { color: token('map-edge'), weight: 1.5, fillColor: token('map-land'), fillOpacity: 1 })
    add(city.towns, { color: token('map-edge'), weight: 1, dashArray: '4 4', fill: false })
    add(city.roads, { color: token('map-road-edge'), weight: 5 })
    add(city.roads, { color: token('map-road'), weight: 3 })
  }
  group.addTo(map)
  return group
}

function writeNames(map, city, roads, layer, marker) {
  layer.clearLayers()
  const free = boxes()
  const { x, y } = map.latLngToContainerPoint(marker)
  free(x - 12, y - 31, x + 12, y + 2)
  if (map.getZoom() < NAMES_FROM) {
    writeTownNames(map, city.towns?.features ?? [], layer, free)
  } else {
    writeRoadNames(map, roads, layer, free)
    writeLandmarks(map, city.landmarks?.features ?? [], layer, free)
  }
}

function pin({ lat, lng }, kind) {
  return L.marker([lat, lng], {
    icon: L.divIcon({
      className: `map-pin ${kind}`,
      html: '<svg viewBox="0 0 24 32" width="24" height="32"><path d="M12 31S2 20.5 2 12a10 10 0 0 1 20 0c0 8.5-10 19-10 19Z"/><circle cx="12" cy="12" r="3.6"/></svg>',
      iconSize: [24, 32],
      iconAnchor: [12, 31],
    }),
    keyboard: false,
    interactive: false,
  })
}

export const CaseMap = {
  // `others`: positions that were added later, `[{lat, lng}]`
  props: { location: Object, others: { type: Array, default: () => [] } },
  setup(props) {
    const element = ref(null)
    let map = null
    let layers = []
    let renew = () => {}
    let resized = null

    function draw() {
      const { lat, lng, precision, grid_cell: cell } = props.location
      const city = reference.city
      if (!map || !Number.isFinite(lat)) return
      layers.forEach((layer) => layer.remove())
      layers = []
      renew = () => {}
      if (city) {
        layers.push(drawCity(map, city))
        if (!city.map_tiles) {
          const names = L.layerGroup().addTo(map)
          const roads = roadLines(city.roads?.features ?? [])
          layers.push(names)
          renew = () => writeNames(map, city, roads, names, [lat, lng])
        }
      }
      const bounds = cellBounds(cell)
      if (bounds)
        layers.push(
          L.rectangle(bounds, {
            color: token('accent'),
            weight: 1,
            dashArray: '3 3',
            fillOpacity: 0.08,
            interactive: false,
          }).addTo(map),
        )
      for (const added of props.others) layers.push(pin(added, 'added').bindTooltip('补充的位置', { permanent: true, direction: 'top', offset: [0, -28] }).addTo(map))
      layers.push(pin({ lat, lng }, precision).addTo(map))
      map.setView([lat, lng], ZOOM[precision] ?? 14, { animate: false })
      if (props.others.length) {
        const all = L.latLngBounds([[lat, lng], ...props.others.map((added) => [added.lat, added.lng])])
        if (!map.getBounds().contains(all)) map.fitBounds(all.pad(0.3), { animate: false, maxZoom: ZOOM[precision] ?? 14 })
      }
      renew()
    }

    onMounted(() => {
      map = L.map(element.value, {
        zoomControl: false,
        attributionControl: false,
        scrollWheelZoom: false,
        minZoom: 9,
        maxZoom: 19,
        fadeAnimation: false,
      })
      L.control.zoom({ zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map)
      map.on('moveend', () => renew())
      L.control.scale({ imperial: false }).addTo(map)
      // the wheel scrolls the case; once somebody has clicked into the map it zooms
      map.on('focus', () => map.scrollWheelZoom.enable()).on('blur', () => map.scrollWheelZoom.disable())
      resized = new ResizeObserver(() => map.invalidateSize({ animate: false }))
      resized.observe(element.value)
      draw()
    })
    watch(() => [props.location.lat, props.location.lng, props.others.length, reference.city, theme.shown], draw)
    onBeforeUnmount(() => {
      resized?.disconnect()
      map?.remove()
    })
    return () =>
      h('div', { class: 'map', ref: element, role: 'img', 'aria-label': `地图：${props.location.text ?? ''}` })
  },
}
