// The map: cases as marks, those that lie close together as one mark with their number.

import { h, onBeforeUnmount, onMounted, ref, watch } from '../desk/vue.js'
import * as L from '/assets/vendor/leaflet/leaflet-src.esm.js'
import {
  NAMES_FROM,
  boxes,
  drawCity,
  roadLines,
  writeLandmarks,
  writeRoadNames,
  writeTownNames,
} from '../desk/case_map.js'
import { theme } from '../desk/theme.js'
import { city } from './store.js'
import { MARKS, mark, whereabouts } from './words.js'

const CELL = 42 // px: marks that would be closer than this share one
const NEAREST = 17

/** Cases that would lie closer than CELL on the screen, as one group at the middle of its cases. */
function groups(map, items) {
  const found = []
  for (const item of items) {
    if (item.place.lat === null) continue
    const at = map.project([item.place.lat, item.place.lng])
    const near = found.find((group) => group.at.distanceTo(at) < CELL)
    if (!near) {
      found.push({ items: [item], at })
      continue
    }
    const share = 1 / near.items.push(item)
    near.at = near.at.multiplyBy(1 - share).add(at.multiplyBy(share))
  }
  return found.map((group) => ({ items: group.items, at: map.unproject(group.at) }))
}

function icon(items, chosen) {
  const lit = items.some((item) => item.case_no === chosen) ? ' chosen' : ''
  if (items.length === 1) {
    const { kind } = mark(items[0])
    return L.divIcon({ className: `pin ${kind}${lit}`, html: '<i></i>', iconSize: [28, 28] })
  }
  const kinds = ['waiting', 'working', 'done', 'off']
  const most = kinds
    .map((kind) => [items.filter((item) => mark(item).kind === kind).length, kind])
    .reduce((a, b) => (b[0] > a[0] ? b : a))[1]
  const size = items.length > 99 ? 48 : items.length > 9 ? 42 : 36
  return L.divIcon({ className: `pin many ${most}${lit}`, html: `<i>${items.length}</i>`, iconSize: [size, size] })
}

export const CasesMap = {
  props: { items: Array, chosen: String },
  emits: ['pick', 'within'],
  setup(props, { emit }) {
    const element = ref(null)
    let map = null
    let ground = null
    let names = null
    let marks = null
    let roads = []
    let shown = []
    let resized = null

    function drawMarks() {
      marks.clearLayers()
      shown = groups(map, props.items)
      for (const group of shown) {
        const [first] = group.items
        const label =
          group.items.length === 1
            ? `${first.category.name}，${whereabouts(first.place)}，${first.state}`
            : `这里有 ${group.items.length} 件`
        L.marker(group.at, { icon: icon(group.items, props.chosen), title: label, alt: label, riseOnHover: true })
          .on('click', () => {
            const together = group.items.every(
              ({ place }) => place.lat === first.place.lat && place.lng === first.place.lng,
            )
            if (group.items.length > 1 && !together && map.getZoom() < NEAREST) {
              map.fitBounds(L.latLngBounds(group.items.map(({ place }) => [place.lat, place.lng])).pad(0.2), {
                maxZoom: NEAREST,
              })
            } else emit('pick', group.items.map((item) => item.case_no))
          })
          .addTo(marks)
      }
      drawNames()
    }

    function drawNames() {
      names.clearLayers()
      const about = city.about
      if (!about || about.map_tiles) return
      const free = boxes()
      for (const { at } of shown) {
        const { x, y } = map.latLngToContainerPoint(at)
        free(x - 18, y - 18, x + 18, y + 18)
      }
      if (map.getZoom() < NAMES_FROM) writeTownNames(map, about.towns?.features ?? [], names, free)
      else {
        writeRoadNames(map, roads, names, free)
        writeLandmarks(map, about.landmarks?.features ?? [], names, free)
      }
    }

    function drawGround() {
      const about = city.about
      if (!map || !about) return
      ground?.remove()
      ground = drawCity(map, about)
      roads = roadLines(about.roads?.features ?? [])
      drawNames()
    }

    function showCity() {
      if (city.about) map.fitBounds(city.about.bounds, { animate: false })
    }

    onMounted(() => {
      map = L.map(element.value, {
        zoomControl: false,
        attributionControl: false,
        minZoom: 9,
        maxZoom: 18,
        zoomSnap: 0.5,
        fadeAnimation: false,
      })
      L.control.zoom({ zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map)
      L.control.scale({ imperial: false }).addTo(map)
      names = L.layerGroup().addTo(map)
      marks = L.layerGroup().addTo(map)
      map.setView([31.1, 121.4], 11)
      showCity()
      drawMarks()
      drawGround()
      map.on('zoomend', drawMarks).on('moveend', drawNames)
      let size = map.getSize()
      resized = new ResizeObserver(() => {
        map.invalidateSize({ animate: false })
        // the first time that the map is really seen
        if (!size.x && map.getSize().x) showCity()
        size = map.getSize()
      })
      resized.observe(element.value)
    })
    watch(() => props.items, drawMarks)
    watch(
      () => city.about,
      () => {
        showCity()
        drawGround()
      },
    )
    watch(() => theme.shown, drawGround)
    watch(
      () => props.chosen,
      (number) => {
        drawMarks()
        const item = props.items.find((other) => other.case_no === number)
        if (item && item.place.lat !== null)
          map.setView([item.place.lat, item.place.lng], Math.max(map.getZoom(), 14), { animate: true })
      },
    )
    onBeforeUnmount(() => {
      resized?.disconnect()
      map?.remove()
    })
    const within = () => emit('within', map.getBounds().toBBoxString())
    return () =>
      h('div', { class: 'map-frame' }, [
        h('div', { class: 'map', ref: element, role: 'region', 'aria-label': '诉求地图。列表里有同样的内容。' }),
        h('div', { class: 'map-tools' }, [
          h('button', { class: 'plain', onClick: within }, '只看这一片'),
          h('button', { class: 'plain', onClick: showCity }, '看全区'),
        ]),
        h(
          'ul',
          { class: 'legend', 'aria-label': '图例' },
          Object.values(MARKS).map(({ kind, label }) =>
            h('li', [h('i', { class: `dot ${kind}`, 'aria-hidden': 'true' }), label.replace(/（.*）/, '')]),
          ),
        ),
      ])
  },
}
