// Hot spots: where more of one thing comes in than usual, on the map and as a list, with the arithmetic of each.

import { computed, h, nextTick, onBeforeUnmount, ref, shallowRef, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { categoryOptions } from './categories.js'
import { shortTime } from './clock.js'
import { categoryOf, reference, towns } from './reference.js'
import { address, go, link, route } from './router.js'
import { useShortcuts } from './shortcuts.js'
import { SpotMap } from './spot_map.js'
import { whileLooking } from './work.js'

const SPANS = [
  { code: '1', label: '近 1 天' },
  { code: '3', label: '近 3 天' },
  { code: '7', label: '近 7 天' },
  { code: '30', label: '近 30 天' },
]
const NAMES = ['days', 'category', 'town']
const DAY = 24 * 3600_000
const EVERY = 20 // looks of 15 s: the counts of days do not change by the minute

/** The filters of the case list that show what a hot spot is made of. */
export const spotQuery = ({ properties }, { from, to }) => ({
  category: properties.category?.code ?? '',
  grid_cell: properties.cells.join(','),
  from,
  to,
})

/** How unlikely a score is, in words: `不到千分之一`. */
export function chanceWords(score) {
  if (score >= 8) return '几乎不可能是巧合'
  const units = ['十', '百', '千', '万', '十万', '百万', '千万']
  return `纯属巧合的机会不到${units[Math.max(0, Math.floor(score) - 1)]}分之一`
}

export const HotSpotsPage = {
  setup() {
    const answer = shallowRef(null)
    const problem = ref(null)
    const chosen = ref(-1)
    const list = ref(null)
    const wanted = computed(() => Object.fromEntries(NAMES.map((name) => [name, route.query[name] ?? ''])))
    const days = computed(() => wanted.value.days || '7')
    let way = null

    async function look({ background = false } = {}) {
      way?.abort()
      const { signal } = (way = new AbortController())
      if (!background) {
        answer.value = null
        problem.value = null
        chosen.value = -1
      }
      const { category, town } = wanted.value
      const from = new Date(Date.now() - Number(days.value) * DAY).toISOString()
      try {
        answer.value = await ask('GET', '/hotspots', { query: { from, category, town, limit: 50 }, signal, background })
        if (chosen.value >= answer.value.features.length) chosen.value = -1
      } catch (error) {
        if (!isAbort(error) && !background) problem.value = error
      }
    }
    watch(
      () => JSON.stringify(wanted.value),
      () => look(),
      { immediate: true },
    )
    let turns = 0
    const stop = whileLooking(() => {
      turns += 1
      // a list that is being read must not change its order
      if (turns % EVERY === 0 && chosen.value < 0) look({ background: true })
    })
    onBeforeUnmount(() => {
      stop()
      way?.abort()
    })

    const choose = (change) => go(address('/hotspots', { ...wanted.value, ...change }), { replace: true })
    async function pick(i) {
      chosen.value = i === chosen.value ? -1 : i
      await nextTick()
      list.value?.querySelector('.spot-card.on')?.scrollIntoView({ block: 'nearest' })
    }
    const move = (step) => {
      const most = (answer.value?.features.length ?? 0) - 1
      if (most >= 0) pick(Math.max(0, Math.min(most, chosen.value + step)))
    }
    useShortcuts({
      j: () => chosen.value < (answer.value?.features.length ?? 0) - 1 && move(1),
      k: () => chosen.value > 0 && move(-1),
      r: () => look(),
      Escape: () => {
        chosen.value = -1
      },
    })

    function card(spot, i) {
      const {
        category,
        count,
        expected,
        score,
        towns: where,
        places,
        words,
        first_at: first,
        last_at: last,
      } = spot.properties
      const on = i === chosen.value
      return h('li', { key: spot.properties.cells.join(), class: ['spot-card', { on }] }, [
        h('button', { type: 'button', class: 'spot-head', 'aria-expanded': String(on), onClick: () => pick(i) }, [
          h('span', { class: 'spot-count' }, [h('b', null, count), ' 件']),
          h('span', { class: 'spot-words' }, [
            h('strong', null, category?.name ?? '未分类'),
            h('span', null, places.slice(0, 2).join('、') || where.join('、') || '地点不详'),
            h('span', { class: 'quiet' }, `平常约 ${expected} 件 · 得分 ${score}`),
          ]),
        ]),
        on
          ? h('div', { class: 'spot-more' }, [
              h(
                'p',
                null,
                `${chanceWords(score)}：这段时间本该有 ${expected} 件，来了 ${count} 件，10 的负 ${score} 次方。`,
              ),
              h(
                'dl',
                { class: 'facts' },
                [
                  h('dt', null, '时间'),
                  h('dd', null, `${shortTime(first)} 至 ${shortTime(last)}`),
                  h('dt', null, '范围'),
                  h(
                    'dd',
                    null,
                    `${spot.properties.cells.length} 个${spot.properties.cells.length > 1 ? '相邻' : ''}网格${where.length ? `，${where.join('、')}` : ''}`,
                  ),
                  words.length ? [h('dt', null, '话题'), h('dd', null, words.join('、'))] : null,
                ].flat(),
              ),
            ])
          : null,
        h('div', { class: 'spot-do' }, [
          link(address('/cases', spotQuery(spot, answer.value)), { class: 'button plain' }, [
            `看这 ${count} 件`,
            icon('next', { size: 12 }),
          ]),
        ]),
      ])
    }

    const filterSet = () => wanted.value.category || wanted.value.town
    function found() {
      const { features } = answer.value
      if (features.length) return h('ol', { class: 'spot-list', ref: list }, features.map(card))
      return emptyPlace('check', '没有热点', [
        h(
          'p',
          null,
          filterSet()
            ? '这一类、这一片的诉求没有明显多于平常。'
            : `${SPANS.find(({ code }) => code === days.value)?.label ?? '这段时间'}里，没有哪里的哪一类诉求明显多于平常。`,
        ),
        filterSet() ? button('看全部', { onClick: () => choose({ category: '', town: '' }) }) : null,
      ])
    }

    return () =>
      h('main', { class: 'page hotspots' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '热点'),
          h(
            'span',
            { class: 'quiet', role: 'status' },
            answer.value
              ? `${shortTime(answer.value.from)} 至 ${shortTime(answer.value.to)}，${answer.value.features.length} 处`
              : '',
          ),
        ]),
        h('form', { class: 'spot-entry', onSubmit: (event) => event.preventDefault(), 'aria-label': '热点范围' }, [
          h(
            'div',
            { class: 'spans', role: 'group', 'aria-label': '时段' },
            SPANS.map(({ code, label }) =>
              button(label, {
                key: code,
                look: code === days.value ? 'primary' : 'plain',
                'aria-pressed': String(code === days.value),
                onClick: () => choose({ days: code === '7' ? '' : code }),
              }),
            ),
          ),
          h(ChoiceBox, {
            label: '分类',
            options: categoryOptions(),
            value: wanted.value.category,
            onPick: (category) => choose({ category }),
          }),
          h(ChoiceBox, {
            label: '街镇',
            options: towns().map(({ code, name }) => ({ value: code, label: name })),
            value: wanted.value.town,
            onPick: (town) => choose({ town }),
          }),
        ]),
        problemNote(problem.value, () => look()),
        h('div', { class: 'spot-sides' }, [
          h('section', { class: 'spot-side', 'aria-label': '热点列表' }, [
            answer.value ? found() : problem.value ? null : skeleton(6),
            answer.value
              ? h('details', { class: 'fold spot-formula' }, [
                  h('summary', null, '热点怎么算的'),
                  h('p', null, '把同一分类、相邻网格（约 100 米见方，含对角）的诉求连成一片，与这一片自己的过去比：'),
                  h('p', null, answer.value.formula),
                  h(
                    'p',
                    { class: 'quiet' },
                    '得分 3 是千分之一，4 是万分之一。重复反映同一件事也算在内，点进去可以并案。',
                  ),
                ])
              : null,
          ]),
          h(SpotMap, {
            spots: answer.value?.features ?? [],
            chosen: chosen.value,
            label: `热点地图${wanted.value.category ? `：${categoryOf(wanted.value.category)?.name ?? ''}` : ''}`,
            onPick: pick,
          }),
        ]),
        reference.problem ? h('p', { class: 'quiet' }, `地图没有读到：${reference.problem.detail}`) : null,
      ])
  },
}
