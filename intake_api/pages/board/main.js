// The supervision board: for a wall that nobody touches, a desktop, and a phone on the way.

import { createApp, h, onBeforeUnmount, ref, watch } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { button, emptyPlace, iconButton, problemNote, skeleton } from '../desk/controls.js'
import { fullTime, now, shortTime } from '../desk/clock.js'
import { DutyPage } from '../desk/account_page.js'
import { idleNotice } from '../desk/idle_notice.js'
import { LoginPage, doorway } from '../desk/login.js'
import { PersonMenu } from '../desk/person_menu.js'
import { loadReference, reference } from '../desk/reference.js'
import { endScreen, hasRole, restore, restoreScreen, seesAll, session } from '../desk/session.js'
import { spotQuery } from '../desk/hotspots_page.js'
import { SpotMap } from '../desk/spot_map.js'
import { chooseTheme, theme } from '../desk/theme.js'
import { ScreensSheet } from './screens.js'
import { keepLooking, look, standing } from './standing.js'
import {
  LoadTable,
  casesAt,
  headNumbers,
  hotSpots,
  loadLegend,
  monthRates,
  ordersInForce,
  panel,
  stateBar,
  todayByChannel,
} from './panels.js'

const STALE = 90_000

/** The hour, for people across the room. */
const WallClock = {
  setup() {
    return () => {
      const [date, weekday, time] = fullTime(new Date(now.value).toISOString()).split(' ')
      return h('time', { class: 'wall-clock' }, [
        h('strong', null, time?.slice(0, 5)),
        h('span', null, `${Number(date?.slice(5, 7))} 月 ${Number(date?.slice(8))} 日 ${weekday}`),
      ])
    }
  },
}

function freshness() {
  const { problem, at } = standing
  if (problem && at) {
    return h('span', { class: 'fresh-words bad', role: 'alert' }, [
      icon('alert'),
      `没有刷新成功，显示的是 ${shortTime(new Date(at).toISOString()).slice(-5)} 的情况`,
    ])
  }
  if (!at) return null
  const old = now.value - at > STALE
  return h('span', { class: ['fresh-words', { bad: old }] }, `${shortTime(new Date(at).toISOString()).slice(-5)} 更新`)
}

const TopBar = {
  setup() {
    const whole = ref(Boolean(document.fullscreenElement))
    const hanging = ref(false)
    const changed = () => {
      whole.value = Boolean(document.fullscreenElement)
    }
    document.addEventListener('fullscreenchange', changed)
    onBeforeUnmount(() => document.removeEventListener('fullscreenchange', changed))
    const toggle = () =>
      (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(
        () => null,
      )
    return () =>
      h('header', { class: 'top' }, [
        h('span', { class: 'brand' }, [
          h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
          h('h1', null, '督导看板'),
          h('span', { class: 'brand-city' }, reference.city?.name ?? ''),
        ]),
        h(WallClock),
        h('div', { class: 'top-end' }, [
          freshness(),
          h(
            'button',
            {
              type: 'button',
              class: 'button plain theme-switch',
              'aria-pressed': String(theme.shown === 'dark'),
              title: '大屏用深色，不刺眼',
              onClick: () => chooseTheme(theme.shown === 'dark' ? 'light' : 'dark'),
            },
            [icon(theme.shown === 'dark' ? 'sun' : 'screen'), theme.shown === 'dark' ? '浅色' : '深色'],
          ),
          document.fullscreenEnabled
            ? iconButton('whole', whole.value ? '退出全屏' : '全屏', toggle, { class: 'to-whole' })
            : null,
          ...(session.screen
            ? [button('退出大屏', { look: 'quiet', title: '这台机器不再作大屏', onClick: endScreen })]
            : [
                hasRole('supervisor')
                  ? button('挂大屏', {
                      class: 'to-screens',
                      onClick: () => {
                        hanging.value = true
                      },
                    })
                  : null,
                h('a', { class: 'button plain to-desk', href: '/desk' }, '工作台'),
                h(PersonMenu, { key: session.staff.id }),
              ]),
        ]),
        hanging.value
          ? h(ScreensSheet, {
              onClose: () => {
                hanging.value = false
              },
            })
          : null,
      ])
  },
}

const Panels = {
  setup() {
    onBeforeUnmount(keepLooking())
    const open = (query) => {
      location.href = casesAt(query)
    }
    return () => {
      const { board, spots, problem } = standing
      if (!board) {
        return h('main', { class: 'board' }, problem ? problemNote(problem, () => look()) : skeleton(8))
      }
      const hours = board.soon_hours
      return h('main', { class: 'board' }, [
        headNumbers(board),
        stateBar(board),
        h('div', { class: 'panels' }, [
          h('div', { class: 'column' }, [
            panel(
              '部门',
              'departments',
              h(LoadTable, { loads: board.departments, of: 'department', hours }),
              loadLegend(hours),
            ),
            panel('街镇', 'towns', h(LoadTable, { loads: board.towns, of: 'town', hours })),
          ]),
          h('div', { class: 'column' }, [
            panel(
              '全区',
              'whole',
              h(SpotMap, {
                loads: board.towns,
                spots: spots?.features ?? [],
                label: '各街镇超时的件数和热点',
                onTown: (town) => open({ town, overdue: 'true', order: 'due' }),
                onPick: (i) => open(spotQuery(spots.features[i], spots)),
              }),
              h('span', { class: 'quiet' }, '红字是超时件数，圆点是热点'),
            ),
            panel(
              '督办',
              'ordered',
              ordersInForce(board),
              h('span', { class: 'quiet' }, `${board.total.supervised} 件`),
            ),
          ]),
          h('div', { class: 'column' }, [
            panel(
              '本月指标',
              'month',
              monthRates(board),
              h('span', { class: 'quiet' }, `${Number(board.month_start.slice(5, 7))} 月立案的案件`),
            ),
            panel(
              '今日各渠道',
              'today',
              todayByChannel(board),
              h('ul', { class: 'legend' }, [
                h('li', null, [h('i', { class: 'in', 'aria-hidden': 'true' }), '受理']),
                h('li', null, [h('i', { class: 'out', 'aria-hidden': 'true' }), '结案']),
              ]),
            ),
            panel('热点', 'hot', spots ? hotSpots(spots) : skeleton(3), h('a', { href: '/desk/hotspots' }, '近 7 天')),
          ]),
        ]),
      ])
    }
  },
}

const Board = {
  setup() {
    const start = () => restoreScreen() || restore()
    watch(
      () => session.state === 'in' && !session.duties.length,
      (at) => {
        if (at) loadReference()
      },
    )
    start()
    return () => {
      if (session.problem) return doorway(h('div', { class: 'card' }, problemNote(session.problem, restore)))
      if (session.state === 'asking') return h('p', { class: 'boot' }, '正在打开看板…')
      if (session.state === 'out') return h(LoginPage)
      if (session.duties.length) return h(DutyPage)
      return h('div', { class: 'desk board-page' }, [
        h(TopBar),
        session.screen || seesAll.value
          ? h(Panels)
          : h(
              'main',
              { class: 'page' },
              emptyPlace('lock', '看板只对看全部案件的人员开放', [
                h('p', null, '督办员、受理员、派遣员和核查员可以看。'),
                h('a', { class: 'button plain', href: '/desk' }, '去工作台'),
              ]),
            ),
        idleNotice(),
      ])
    }
  },
}

createApp(Board).mount('#board')
