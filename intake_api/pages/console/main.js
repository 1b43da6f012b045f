// The operators' console: the list of conversations, and for the open one transcript, case form, map and suggestions.

import { createApp, h, nextTick, onBeforeUnmount, onMounted, ref, watch, watchEffect } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { Sheet, button, emptyPlace, iconButton, problemNote } from '../desk/controls.js'
import { ask } from '../desk/api.js'
import { grouped } from '../desk/case_number.js'
import { shortTime } from '../desk/clock.js'
import { LoginPage, doorway } from '../desk/login.js'
import { categoryOf, loadReference } from '../desk/reference.js'
import { atWork, hasRole, idleFor, restore, secondsLeft, session, signOut, stay } from '../desk/session.js'
import '../desk/theme.js'
import { alerts, putAway, watchAlerts } from './alerts.js'
import { file, startForm } from './form.js'
import { beside, watchBeside } from './beside.js'
import { CallPane } from './call_pane.js'
import { StepsSheet } from './call_steps.js'
import { FormPane } from './form_pane.js'
import { dangerLabel, isCall, kindOf } from './kinds.js'
import { forAnybody, inOrder, listPane, next, takeable, waited, waiting } from './list_pane.js'
import { again, outbox, pause, resume } from './outbox.js'
import { ADDRESS as QUALITY, QualityPage } from './quality_page.js'
import { sidePane } from './side_pane.js'
import { EndSheet, KeysSheet, WordsSheet } from './sheets.js'
import { forgetOthers, keep, kept } from './storage.js'
import { TalkPane } from './talk_pane.js'
import { ringSoftly } from './tones.js'
import { TrialSheet, endTrial } from './trial.js'
import { act, board, connect, item, me, mine, open, openFromAddress, openItem, second, wire } from './wire.js'

const allowed = () => hasRole('operator', 'supervisor')

/** What narrow screens show of the open conversation, one at a time. */
const PARTS = [
  { code: 'talk', label: '对话' },
  { code: 'form', label: '案件表' },
  { code: 'side', label: '地图和提示' },
]

const Console = {
  setup() {
    const sheet = ref('')
    const busy = ref('')
    const problem = ref(null)
    const part = ref('talk')
    const talk = ref(null)
    const fields = ref(null)
    const quiet = ref(kept('quiet', false))

    const stops = []
    onMounted(() => {
      resume()
      stops.push(startForm(), connect(), watchAlerts(), watchBeside())
      openFromAddress()
      window.addEventListener('keydown', pressed)
    })
    onBeforeUnmount(() => {
      window.removeEventListener('keydown', pressed)
      stops.forEach((stop) => stop())
      endTrial() // nobody is signed in any more: the microphone must not stay open
      pause()
    })
    watch(
      () => open.id,
      () => {
        problem.value = null
        part.value = 'talk'
      },
    )
    // what was typed in conversations that are over is nobody's any more
    watch(
      () => board.items,
      (items) => {
        const alive = (id) => items.some((each) => each.id === id) || id === open.id
        if (board.loaded && items.length) ['draft.', 'form.'].forEach((prefix) => forgetOthers(prefix, alive))
      },
    )
    watch(
      () => board.items.filter(forAnybody).map(({ id }) => id),
      (now, before) => quiet.value || (now.some((id) => !before.includes(id)) && ringSoftly()),
    )
    // who listens to a caller need not touch anything
    watch(second, () => idleFor() > 60_000 && board.items.some((each) => isCall(each.id) && mine(each) && each.call.state !== 'after_call') && atWork())
    watch(quiet, (now) => keep('quiet', now || null))
    watchEffect(() => {
      const count = waiting().length
      document.title = `${count ? `(${count} 位等待) ` : ''}话务台 · 一号通`
    })

    async function run(name, work) {
      if (busy.value) return
      busy.value = name
      problem.value = null
      try {
        await work()
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = ''
      }
    }

    /** The open one if it can be taken, else the next. */
    function take() {
      const taken = item.value && (takeable(item.value) || item.value.state === 'callback') ? item.value : next()
      if (!taken) return
      openItem(taken.id)
      run('take', async () => {
        await nextTick() // a call has another pane than a conversation
        talk.value?.focusOnceMine()
        await act(taken.id, kindOf(taken.id).take)
        again(taken.id)
      })
    }
    const setState = (state) => run('state', () => ask('PUT', '/channels/console/state', { body: { state } }))
    const toggleState = () => setState(me.value?.state === 'ready' ? 'break' : 'ready')
    const stepIn = (conversation) =>
      run('danger', async () => {
        const { id } = await ask('POST', '/channels/console/chats', { body: { conversation } })
        openItem(id)
      })
    function move(step) {
      const order = inOrder()
      const at = order.findIndex(({ id }) => id === open.id)
      const there = order[Math.max(0, Math.min(order.length - 1, at + step))]
      if (there) openItem(there.id)
    }
    function shown(name) {
      part.value = name
    }

    const BY_KEY = {
      F1: () => {
        sheet.value = sheet.value === 'keys' ? '' : 'keys'
      },
      F2: take,
      F4: () => {
        shown('talk')
        talk.value?.focus()
      },
      F6: () => {
        shown('form')
        nextTick(() => fields.value?.focus()) // before the next key, which belongs there
      },
      F7: () => {
        if (isCall(open.id)) talk.value?.hold()
        else if (mine(item.value)) sheet.value = 'words'
      },
      F8: () => {
        shown('talk')
        if (item.value) talk.value?.note()
      },
      F9: () => {
        shown('form')
        if (open.id) file()
      },
      F10: () => {
        if (isCall(open.id)) sheet.value = open.call?.mine && open.call.state !== 'ended' ? 'steps' : ''
        else if (mine(item.value) || item.value?.state === 'callback') sheet.value = 'end'
      },
    }
    const BY_ALT = {
      ArrowUp: () => move(-1),
      ArrowDown: () => move(1),
      KeyX: () => open.id && !isCall(open.id) && !open.revealed && talk.value?.show(),
      KeyB: toggleState,
    }
    function pressed(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey) return
      const run = event.altKey ? BY_ALT[event.code] : BY_KEY[event.key]
      if (!run) return
      event.preventDefault()
      if (document.querySelector('dialog[open]') && event.key !== 'F1') return
      run()
    }

    function stateSwitch() {
      const ready = me.value?.state === 'ready'
      return h(
        'button',
        {
          type: 'button',
          class: ['state-switch', ready ? 'ready' : 'rest'],
          'aria-pressed': String(ready),
          title: 'Alt+B',
          onClick: toggleState,
        },
        [
          h('span', { class: 'lamp', 'aria-hidden': 'true' }),
          ready ? '就绪' : '小休',
          me.value ? h('span', { class: 'quiet' }, waited(me.value.since)) : null,
          h('kbd', null, 'Alt+B'),
        ],
      )
    }
    function top() {
      const others = board.operators.filter(({ state }) => state === 'ready').length
      const line = waiting()
      return h('header', { class: 'top' }, [
        h('a', { href: '/console', class: 'brand' }, [
          h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
          h('strong', null, '一号通'),
          h('span', { class: 'brand-city' }, '话务台'),
        ]),
        h('div', { class: 'figures', role: 'status' }, [
          h('span', null, ['等待 ', h('strong', null, line.length), ' 位']),
          line.length ? h('span', null, ['最久 ', h('strong', null, waited(line.map(({ asked_at: since }) => since).sort()[0]))]) : null,
          h('span', { class: 'quiet' }, `就绪 ${others} 人`),
          serviceLevel(),
          board.office_open === false ? h('span', { class: 'quiet' }, `非上班时间${board.opens_at ? `，${shortTime(board.opens_at)} 上班` : ''}`) : null,
        ]),
        h('div', { class: 'top-end' }, [
          wire.state === 'down' ? h('span', { class: 'tag care', role: 'alert' }, [icon('alert', { size: 12 }), '断网，正在重连；写的都在']) : null,
          outbox.waiting.length ? h('span', { class: 'tag' }, `${outbox.waiting.length} 句待发`) : null,
          stateSwitch(),
          iconButton(quiet.value ? 'mute' : 'bell', quiet.value ? '来电、来人时不响；按一下就响' : '来电、来人时会响一声；按一下不响', () => {
            quiet.value = !quiet.value
          }),
          iconButton('keys', '快捷键（F1）', BY_KEY.F1, { class: 'keys-button' }),
          hasRole('supervisor') ? h('a', { href: QUALITY, class: 'tab' }, '通话质量') : null,
          h('a', { href: '/desk', class: 'tab' }, '工作台'),
          h('span', { class: 'quiet who' }, session.staff.name),
          iconButton('out', '退出登录', () => signOut()),
        ]),
      ])
    }
    function serviceLevel() {
      const { level } = beside
      if (!level?.offered) return null
      const share = level.in_time_share === null ? '' : ` · 15 秒内 ${Math.round(level.in_time_share * 100)}%`
      return h('span', { class: 'quiet', title: '今天的来电；15 秒内接听是 GB/T 33358 的要求' }, `来电 ${level.offered}${share} · 放弃 ${level.abandoned}`)
    }
    function banner() {
      if (!board.dangers.length && !alerts.cases.length) return null
      return h('div', { class: 'alarms', role: 'alert' }, [
        ...board.dangers.map(({ conversation, kind, at }) =>
          h('div', { key: conversation, class: 'alarm' }, [
            icon('alert'),
            h('strong', null, `对话中可能有人遇险：${dangerLabel(kind)}`),
            h('span', null, `${waited(at)} 前`),
            button('马上接过来', { onClick: () => stepIn(conversation) }),
            button('已有人管', { onClick: () => run('danger', () => ask('POST', '/channels/console/dangers', { body: { conversation } })) }),
          ]),
        ),
        ...alerts.cases.slice(0, 3).map(({ case_no, category, at }) =>
          h('div', { key: case_no, class: 'alarm' }, [
            icon('alert'),
            h('strong', null, `紧急案件：${categoryOf(category)?.name ?? category ?? '尚未分类'}`),
            h('a', { href: `/desk/cases/${case_no}`, target: '_blank', rel: 'noopener', class: 'number' }, grouped(case_no)),
            h('span', null, shortTime(at).slice(-5)),
            button('知道了', { onClick: () => putAway(case_no) }),
          ]),
        ),
      ])
    }

    return () =>
      h('div', { class: 'console' }, [
        top(),
        banner(),
        h('main', { class: ['panes', `part-${part.value}`, { 'has-open': open.id && item.value }] }, [
          listPane(hasRole('operator') ? () => { sheet.value = 'trial' } : null),
          h('div', { class: 'parts', role: 'tablist', 'aria-label': '这个对话' }, [
            iconButton('back', '列表', () => openItem('')),
            ...PARTS.map(({ code, label }) =>
              h('button', { key: code, type: 'button', role: 'tab', 'aria-selected': String(part.value === code), class: ['tab', { on: part.value === code }], onClick: () => shown(code) }, code === 'talk' && isCall(open.id) ? '通话' : label),
            ),
          ]),
          h(item.value && isCall(open.id) ? CallPane : TalkPane, {
            ref: talk,
            busy: busy.value,
            problem: problem.value,
            onTake: take,
            onWords: BY_KEY.F7,
            onEnd: BY_KEY.F10,
            onBack: () => openItem(''),
          }),
          h(FormPane, { ref: fields }),
          sidePane(),
        ]),
        sheet.value === 'keys' ? h(KeysSheet, { onClose: () => { sheet.value = '' } }) : null,
        sheet.value === 'words'
          ? h(WordsSheet, { onClose: () => { sheet.value = '' }, onPick: (text) => talk.value?.insert(text) })
          : null,
        sheet.value === 'steps' ? h(StepsSheet, { onClose: () => { sheet.value = '' } }) : null,
        sheet.value === 'trial' ? h(TrialSheet, { onClose: () => { sheet.value = '' } }) : null,
        sheet.value === 'end' ? h(EndSheet, { onClose: () => { sheet.value = '' } }) : null,
        secondsLeft.value !== null
          ? h(Sheet, { title: '还在吗？', onClose: stay }, () => [
              h('p', { role: 'alert' }, ['已有一段时间没有操作。', h('strong', null, `${secondsLeft.value} 秒`), '后自动退出；您手里的对话会放回队列。']),
              h('div', { class: 'sheet-do' }, [
                button('现在退出', { onClick: () => signOut() }),
                button('继续工作', { look: 'primary', onClick: stay, autofocus: true }),
              ]),
            ])
          : null,
      ])
  },
}

const Root = {
  setup() {
    restore()
    watch(
      () => session.state === 'in' && !session.duties.length && allowed(),
      (at) => {
        if (at) loadReference()
      },
    )
    return () => {
      if (session.problem) return doorway(h('div', { class: 'card' }, problemNote(session.problem, restore)))
      if (session.state === 'asking') return h('p', { class: 'boot' }, '正在打开话务台…')
      if (session.state === 'out') return h(LoginPage)
      if (session.duties.length)
        return doorway(h('div', { class: 'card' }, ['请先到工作台完成账号要求的事项。', h('a', { href: '/desk', class: 'button primary' }, '去工作台')]))
      if (location.pathname === QUALITY) {
        if (hasRole('supervisor')) return h(QualityPage, { key: session.staff.id })
        const way = h('a', { href: allowed() ? '/console' : '/desk', class: 'button plain' }, allowed() ? '去话务台' : '去工作台')
        return h('main', { class: 'page' }, emptyPlace('lock', '通话质量只对督办员开放', way))
      }
      if (!allowed())
        return h('main', { class: 'page' }, emptyPlace('lock', '话务台只对受理员和督办员开放', h('a', { href: '/desk', class: 'button plain' }, '去工作台')))
      return h(Console, { key: session.staff.id })
    }
  },
}

createApp(Root).mount('#desk')
