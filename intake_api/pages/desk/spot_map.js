// The city with its hot spots and, where given, how much each town has in hand: drawn from the city's own data.

import { h, onBeforeUnmount, onMounted, ref, watch } from './vue.js'
import * as L from '/assets/vendor/leaflet/leaflet-src.esm.js'
import {
  NAMES_FROM,
  boxes,
  drawCity,
  roadLines,
  token,
  writeLandmarks,
  writeRoadNames,
  writeTownNames,
} from './case_map.js'
import { reference } from './reference.js'
import { theme } from './theme.js'

const CLOSE = 15

/** Where a hot spot lies, as Leaflet wants it. */
const boundsOf = (spot) => L.geoJSON(spot).getBounds()

function textMark(className, lines) {
  const mark = document.createElement('span')
  for (const [tag, words] of lines) {
    const part = document.createElement(tag)
    part.textContent = words
    mark.append(part)
  }
  return L.divIcon({ className, html: mark, iconSize: [0, 0] })
}

/**
 * `spots`: GeoJSON features of `GET /hotspots`, in their order; `chosen`: the place of one of them, or -1; `loads`: of
 * each town, as `GET /board` answers them, or null for none. Emits `pick` with a spot's place, `town` with a town's code.
 */
export const SpotMap = {
  props: {
    spots: { type: Array, default: () => [] },
    chosen: { type: Number, default: -1 },
    loads: { type: Array, default: null },
    label: String,
  },
  emits: ['pick', 'town'],
  setup(props, { emit }) {
    const element = ref(null)
    let map = null
    let ground = null
    let towns = null
    let names = null
    let marks = null
    let roads = []
    let resized = null

    const loadOf = ({ properties }) => props.loads?.find(({ key }) => key === properties.code)

    function drawTowns() {
      towns.clearLayers()
      if (!props.loads) return
      const most = Math.max(1, ...props.loads.map(({ overdue }) => overdue))
      for (const feature of reference.city?.towns?.features ?? []) {
        const late = loadOf(feature)?.overdue ?? 0
        L.geoJSON(feature, {
          style: {
            color: token('map-edge'),
            weight: 1,
            fillColor: token('late'),
            fillOpacity: late ? 0.12 + (0.5 * late) / most : 0.02,
          },
        })
          .on('click', () => emit('town', feature.properties.code))
          .addTo(towns)
      }
    }

    /** How many are late in each town; its name too where there is room. */
    function writeLoads(free) {
      const features = [...(reference.city?.towns?.features ?? [])]
      features.sort((one, other) => (loadOf(other)?.overdue ?? 0) - (loadOf(one)?.overdue ?? 0))
      const middles = features.map((feature) => L.geoJSON(feature).getBounds().getCenter())
      const letter = parseFloat(getComputedStyle(document.documentElement).fontSize)
      // beside a hot spot rather than under it
      const places = middles.map((middle) => {
        const { x, y } = map.latLngToContainerPoint(middle)
        const steps = [0, 1.9, -1.9].map((step) => y + step * letter)
        const at = steps.find((top) => free(x - letter * 0.8, top - letter, x + letter * 0.8, top + letter * 0.3)) ?? y
        return { x, y: at }
      })
      features.forEach((feature, i) => {
        const { code, name } = feature.properties
        const { open = 0, overdue = 0 } = loadOf(feature) ?? {}
        const { x, y } = places[i]
        const reach = (name.length * letter * 0.78) / 2
        const named = free(x - reach, y + letter * 0.35, x + reach, y + letter * 1.3)
        const words = `${name}：超时 ${overdue} 件，在办 ${open} 件`
        L.marker(map.containerPointToLatLng([x, y]), {
          icon: textMark(`town-load${overdue ? ' late' : ''}`, [
            ['b', String(overdue)],
            ...(named ? [['small', name]] : []),
          ]),
          title: words,
          alt: words,
        })
          .on('click', () => emit('town', code))
          .addTo(names)
      })
    }

    function drawSpots() {
      marks.clearLayers()
      props.spots.forEach((spot, i) => {
        const on = i === props.chosen
        const { count, summary, center } = spot.properties
        L.geoJSON(spot, {
          style: {
            color: token(on ? 'accent' : 'care'),
            weight: on ? 3 : 1.5,
            fillColor: token('care'),
            fillOpacity: 0.3,
          },
        })
          .on('click', () => emit('pick', i))
          .addTo(marks)
        L.marker(center, {
          icon: L.divIcon({ className: `spot${on ? ' on' : ''}`, html: `<i>${Number(count)}</i>`, iconSize: [30, 30] }),
          title: summary,
          alt: summary,
          zIndexOffset: on ? 1000 : 100 - i,
        })
          .on('click', () => emit('pick', i))
          .addTo(marks)
      })
      drawNames()
    }

    function drawNames() {
      names.clearLayers()
      const { city } = reference
      if (!city || city.map_tiles) return
      const free = boxes()
      for (const { properties } of props.spots) {
        const { x, y } = map.latLngToContainerPoint(properties.center)
        free(x - 16, y - 16, x + 16, y + 16)
      }
      if (props.loads) writeLoads(free)
      else if (map.getZoom() >= NAMES_FROM) {
        writeRoadNames(map, roads, names, free)
        writeLandmarks(map, city.landmarks?.features ?? [], names, free)
      } else writeTownNames(map, city.towns?.features ?? [], names, free)
    }

    function drawGround() {
      const { city } = reference
      if (!map || !city) return
      ground?.remove()
      ground = drawCity(map, city)
      roads = roadLines(city.roads?.features ?? [])
      drawTowns()
      drawSpots()
    }
    function showCity() {
      if (reference.city?.bounds) map.fitBounds(reference.city.bounds, { animate: false })
    }

    onMounted(() => {
      map = L.map(element.value, {
        zoomControl: false,
        attributionControl: false,
        scrollWheelZoom: false,
        minZoom: 9,
        maxZoom: 18,
        zoomSnap: 0.25,
        fadeAnimation: false,
      })
      L.control.zoom({ zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map)
      L.control.scale({ imperial: false }).addTo(map)
      towns = L.layerGroup().addTo(map)
      names = L.layerGroup().addTo(map)
      marks = L.layerGroup().addTo(map)
      map.setView([31.1, 121.4], 11)
      showCity()
      drawGround()
      map.on('moveend', drawNames)
      // the wheel scrolls the page; once somebody has clicked into the map it zooms
      map.on('focus', () => map.scrollWheelZoom.enable()).on('blur', () => map.scrollWheelZoom.disable())
      let touched = false
      map.on('dragstart zoomstart', () => {
        touched ||= document.activeElement === element.value
      })
      resized = new ResizeObserver(() => {
        map.invalidateSize({ animate: false })
        if (!touched && props.chosen < 0) showCity()
      })
      resized.observe(element.value)
    })
    watch(
      () => reference.city,
      () => {
        showCity()
        drawGround()
      },
    )
    watch(() => theme.shown, drawGround)
    watch(
      () => props.loads,
      () => {
        drawTowns()
        drawNames()
      },
    )
    watch(() => props.spots, drawSpots)
    watch(
      () => props.chosen,
      (at) => {
        drawSpots()
        const spot = props.spots[at]
        if (spot) map.fitBounds(boundsOf(spot).pad(1.5), { maxZoom: CLOSE, animate: false })
      },
    )
    onBeforeUnmount(() => {
      resized?.disconnect()
      map?.remove()
    })
    return () =>
      h('div', {
        class: 'map spot-map',
        ref: element,
        role: 'region',
        'aria-label': `${props.label}。旁边的列表里有同样的内容。`,
      })
  },
}
