// The public page: what people reported and how far it has come, as a list and on a map, without anything personal.

import { computed, createApp, h, nextTick, ref } from '../desk/vue.js'
import { grouped } from '../desk/case_number.js'
import { CaseCard, badge, facts, steps } from './case_card.js'
import { Filters } from './filters.js'
import { CasesMap } from './map.js'
import { cases, city, filters, forgetLookup, load, look, lookup, start } from './store.js'

const LARGE = 'yht.open.large'

function stored() {
  try {
    return localStorage.getItem(LARGE) === '1'
  } catch {
    return false
  }
}

const large = ref(stored())
document.documentElement.classList.toggle('large', large.value)

function toggleLarge() {
  large.value = !large.value
  document.documentElement.classList.toggle('large', large.value)
  try {
    localStorage.setItem(LARGE, large.value ? '1' : '')
  } catch {
    // storage may be forbidden: the choice then lasts until the page is closed
  }
}

const Head = () =>
  h('header', { class: 'head' }, [
    h('a', { class: 'skip', href: '#list' }, '跳到列表'),
    h('a', { class: 'brand', href: '/' }, [
      h('img', { src: '/assets/pages/open/icon.svg', alt: '', width: 36, height: 36 }),
      h('span', [h('b', '诉求公开'), h('small', city.about ? `${city.about.name} · 一号通` : '一号通')]),
    ]),
    h('nav', { 'aria-label': '页面' }, [
      h('button', { class: 'plain', 'aria-pressed': large.value, onClick: toggleLarge }, large.value ? '标准字' : '大字'),
      h('a', { class: 'main-button', href: '/chat' }, '我要反映'),
    ]),
  ])

const Lookup = () =>
  h('section', { class: 'lookup', 'aria-label': '按编号查进度' }, [
    h(
      'form',
      {
        onSubmit: (event) => {
          event.preventDefault()
          look()
        },
      },
      [
        h('label', { for: 'number' }, '查一件的进度'),
        h('span', { class: 'lookup-line' }, [
          h('input', {
            id: 'number',
            inputmode: 'numeric',
            autocomplete: 'off',
            maxlength: 40,
            placeholder: '9 位数字编号',
            value: lookup.typed,
            'aria-describedby': 'lookup-said',
            onInput: (event) => {
              lookup.typed = event.target.value
            },
          }),
          h('button', { class: 'main-button', disabled: lookup.asking }, lookup.asking ? '查询中' : '查询'),
        ]),
      ],
    ),
    h('div', { id: 'lookup-said', 'aria-live': 'polite' }, [
      lookup.problem ? h('p', { class: 'problem' }, lookup.problem) : null,
      lookup.found
        ? h('article', { class: 'found' }, [
            h('h2', [lookup.found.category.name, badge(lookup.found)]),
            h('p', { class: 'found-number' }, `编号 ${grouped(lookup.found.case_no)}`),
            lookup.found.text ? h('p', { class: 'card-text' }, lookup.found.text) : null,
            steps(lookup.found, lookup.found.stages),
            facts(lookup.found),
            h('button', { class: 'plain', onClick: forgetLookup }, '收起'),
          ])
        : null,
    ]),
  ])

const Notice = () =>
  h('footer', { class: 'notice' }, [
    h('h2', '公开什么，不公开什么'),
    h('ul', [
      h('li', '公开的是：什么事、大致地点、哪个单位办、办到哪一步。没有姓名、电话，也没有原话和照片。'),
      h('li', '小区和村只标到整个小区、整个村；其他位置标在大约 100 米见方的格子中间，不标门牌。'),
      h('li', '事情的说明由工作人员去掉个人信息后才公开，所以多数只有类别。'),
      h('li', '要求保密的、涉及人身和家庭的、转给其他部门的诉求一律不公开，请向原来的渠道查询。'),
    ]),
    h('p', [
      '数据每次打开都是最新的。其他系统可以用 ',
      h('a', { href: '/open311/discovery.json' }, 'Open311 接口'),
      ` 读取。${city.about ? `热线 ${city.about.hotline}。` : ''}遇到危及生命的紧急情况，请直接拨打 110、119 或 120。`,
    ]),
  ])

const Page = {
  setup() {
    const view = ref('list')
    const shown = computed(() =>
      cases.picked ? cases.items.filter((item) => cases.picked.includes(item.case_no)) : cases.items,
    )

    function toggle(number) {
      cases.chosen = cases.chosen === number ? '' : number
    }

    async function pick(numbers) {
      cases.picked = numbers
      cases.chosen = numbers.length === 1 ? numbers[0] : ''
      view.value = 'list'
      await nextTick()
      document.getElementById('list')?.scrollIntoView({ block: 'start' })
    }

    function within(bbox) {
      filters.bbox = bbox
      view.value = 'list'
    }

    const chips = () =>
      [
        cases.picked && ['地图上选中的', () => (cases.picked = null)],
        filters.bbox && ['只看地图这一片', () => (filters.bbox = '')],
      ]
        .filter(Boolean)
        .map(([label, undo]) =>
          h('button', { class: 'chip', key: label, 'aria-label': `取消：${label}`, onClick: undo }, [label, h('i', '×')]),
        )

    const count = () =>
      cases.loading && !cases.items.length
        ? '正在读取…'
        : `${shown.value.length}${cases.next && !cases.picked ? '+' : ''} 件`

    const list = () =>
      h('section', { class: 'list', id: 'list', tabindex: -1, 'aria-label': '诉求列表' }, [
        h('div', { class: 'list-head' }, [h('h2', { 'aria-live': 'polite' }, count()), ...chips()]),
        cases.problem
          ? h('p', { class: 'problem' }, [cases.problem, h('button', { class: 'plain', onClick: () => load() }, '重试')])
          : null,
        !cases.loading && !cases.problem && !shown.value.length
          ? h('p', { class: 'empty' }, '这里没有公开的诉求。换个街镇、事项或放宽时间看看。')
          : null,
        h(
          'ul',
          { class: 'cards' },
          shown.value.map((item) =>
            h(CaseCard, {
              key: item.case_no,
              item,
              open: cases.chosen === item.case_no,
              onToggle: () => toggle(item.case_no),
            }),
          ),
        ),
        cases.next && !cases.picked
          ? h('button', { class: 'plain more', disabled: cases.loading, onClick: () => load(true) }, '看更早的')
          : null,
      ])

    return () => [
      h(Head),
      h('main', { class: `main shows-${view.value}` }, [
        h(Lookup),
        h(Filters),
        h(
          'div',
          { class: 'views', role: 'group', 'aria-label': '怎么看' },
          [
            ['list', '列表'],
            ['map', '地图'],
          ].map(([code, label]) =>
            h('button', { 'aria-pressed': view.value === code, onClick: () => (view.value = code) }, label),
          ),
        ),
        h('div', { class: 'both' }, [
          list(),
          h(CasesMap, { items: cases.items, chosen: cases.chosen, onPick: pick, onWithin: within }),
        ]),
      ]),
      h(Notice),
    ]
  },
}

createApp(Page).mount('#open')
start()
