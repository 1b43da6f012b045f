// A call: who calls and how it stands, what is said as it is said, the recording in step with it.

import { computed, h, nextTick, onBeforeUnmount, ref, watch } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { button, iconButton, problemNote } from '../desk/controls.js'
import { ask } from '../desk/api.js'
import { shortTime } from '../desk/clock.js'
import { waitTone, waited } from './list_pane.js'
import { goTo, heard, playFrom, recording, reset, toggle, use } from './recording.js'
import { marked, pointed } from './talk_pane.js'
import { TrialClock, endTrial, trial, trialNote } from './trial.js'
import { act, item, open } from './wire.js'

const WHO = { resident: '来电人', staff: '坐席' }
const TONES = { ringing: 'care', talking: 'busy', hold: 'care', transferred: 'care', after_call: 'busy', ended: '' }
const LAGGING = 4 // seconds

/** `138 1234 5678`: as it is said. */
export const spoken = (number) => (/^1[\d*]{10}$/.test(number) ? `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}` : number)

export const may = (step) => Boolean(open.call?.steps.includes(step))

/** `onTake` and `onEnd` ask for what is done outside. */
export const CallPane = {
  props: { busy: String, problem: Object },
  emits: ['take', 'end', 'back'],
  setup(props, { emit, expose }) {
    const box = ref(null)
    const editing = ref('')
    const words = ref('')
    const problem = ref(null)
    let atEnd = true

    const lines = computed(() => open.entries.filter(({ offset, text, corrected }) => offset !== undefined && (text || corrected)))
    const partials = computed(() => (open.call?.legs ?? []).filter(({ partial }) => partial?.text))

    watch(
      () => open.id,
      () => {
        editing.value = ''
        problem.value = null
        pointed.value = null
        atEnd = true
        reset()
      },
    )
    onBeforeUnmount(reset)
    watch(
      () => [open.entries.length, partials.value.map(({ partial }) => partial.text).join(), open.id],
      () => atEnd && !editing.value && box.value?.scrollTo(0, box.value.scrollHeight),
      { flush: 'post' },
    )
    watch(
      () => pointed.value?.id ?? recording.line,
      (to) => to && nextTick(() => document.getElementById(`said-${to}`)?.scrollIntoView({ block: 'nearest' })),
    )

    watch(pointed, (to) => to && goTo(open.entries.find(({ id }) => id === to.id)))

    async function step(name, body) {
      problem.value = null
      try {
        await act(open.id, `steps/${name}`, body)
        if (name === 'hang_up' && trial.item === open.id) endTrial()
      } catch (error) {
        problem.value = error
      }
    }
    const hold = () => step(may('hold') ? 'hold' : 'resume')

    function edit(entry) {
      editing.value = entry.id
      words.value = entry.text
      nextTick(() => {
        const area = document.getElementById('correction')
        area?.focus()
        area?.setSelectionRange(area.value.length, area.value.length)
      })
    }
    /** The last line; again: the one before. */
    function focus() {
      if (!open.call?.mine) return
      const at = lines.value.findIndex(({ id }) => id === editing.value)
      const next = lines.value[at > 0 ? at - 1 : lines.value.length - 1]
      if (next) edit(next)
    }
    async function correct(entry) {
      const text = words.value.trim()
      problem.value = null
      try {
        if (text !== entry.text) await ask('PUT', `/channels/hotline/utterances/${entry.seq}`, { body: { text } })
        editing.value = ''
      } catch (error) {
        problem.value = error
      }
    }
    function pressed(event, entry) {
      if (event.isComposing) return
      if (event.key === 'Enter' && !event.shiftKey) {
        event.preventDefault()
        correct(entry)
      } else if (event.key === 'Escape') {
        editing.value = ''
      }
    }
    expose({ focus, focusOnceMine: () => {}, note: toggle, insert: () => {}, show: () => {}, hold: () => (may('hold') || may('resume')) && hold() })

    function line(entry) {
      if (entry.role === 'mark')
        return h('li', { key: entry.id, class: 'said by-mark' }, [entry.text, entry.name ? ` · ${entry.name}` : '', ` · ${shortTime(entry.at).slice(-5)}`])
      const on = pointed.value?.id === entry.id || recording.line === entry.id
      return h('li', { key: entry.id, id: `said-${entry.id}`, class: ['said', `by-${entry.role}`, { on }] }, [
        h('div', { class: 'said-who' }, [
          WHO[entry.role],
          h('time', { datetime: entry.at }, shortTime(entry.at).slice(-5)),
          entry.corrected ? h('span', { title: `识别为：${entry.recognised}` }, '已改') : null,
          h('span', { class: 'line-do' }, [
            open.call?.legs.some(({ recorded }) => recorded) ? iconButton('play', '从这句放录音', () => playFrom(entry)) : null,
            open.call?.mine && open.call.state !== 'ended' ? iconButton('edit', '改这句', () => edit(entry)) : null,
          ]),
        ]),
        editing.value === entry.id
          ? h('div', { class: 'correction' }, [
              h('textarea', {
                id: 'correction',
                rows: 2,
                maxlength: 2000,
                'aria-label': '改成实际说的话',
                value: words.value,
                onInput: (event) => {
                  words.value = event.target.value
                },
                onKeydown: (event) => pressed(event, entry),
              }),
              h('p', { class: 'quiet small' }, [h('kbd', null, 'Enter'), ' 改好  ', h('kbd', null, 'Esc'), ' 不改  ', h('kbd', null, 'F4'), ' 上一句']),
            ])
          : h('div', { class: 'said-words' }, h('p', null, entry.text ? marked(entry) : h('span', { class: 'quiet' }, '（没有说话）'))),
      ])
    }
    const partialLine = ({ uuid, side, partial }) =>
      h('li', { key: uuid, class: ['said', side === 'caller' ? 'by-resident' : 'by-staff', 'partial'] }, [
        h('div', { class: 'said-who' }, [side === 'caller' ? '来电人' : '坐席', '正在说']),
        h('div', { class: 'said-words' }, h('p', null, `${partial.text}…`)),
      ])

    const keys = (call) => (call?.legs ?? []).map(({ keys: pressed }) => pressed).join('')

    function head(each, call) {
      const { state, state_label: label } = call ?? each.call
      const known = state === each.call.state // the list may be a moment behind
      return h('header', { class: 'talk-head' }, [
        button('列表', { look: 'quiet', glyph: 'back', class: 'only-narrow', onClick: () => emit('back') }),
        icon('phone', { label: '电话' }),
        h('strong', { class: 'number' }, spoken(call?.number || each.phone) || '号码未显示'),
        h('span', { class: ['tag', TONES[state]] }, each.staff_name && !call?.mine && state !== 'ringing' ? `${each.staff_name} · ${label}` : label),
        known && state !== 'ended' ? h('span', { class: ['clock', waitTone(each)], title: label }, waited(each.call.since)) : null,
        known && each.due_at ? h('span', { class: 'quiet small' }, '目标 0:15') : null,
        call?.transfer_to ? h('span', { class: 'tag care' }, `转给${call.transfer_to}，等对方接`) : null,
        call?.queue ? h('span', { class: 'quiet small' }, call.queue) : null,
        keys(call) ? h('span', { class: 'tag', title: '来电人在话机上按的' }, `按键 ${keys(call)}`) : null,
        call?.lag_seconds > LAGGING ? h('span', { class: 'tag care', title: '声音都在录，文字会补上' }, `文字落后 ${Math.round(call.lag_seconds)} 秒`) : null,
        trial.on && trial.item === open.id ? h('span', { class: 'tag' }, [trial.microphone ? '练习 · 麦克风开着' : '练习', trial.endsAt ? ' · ' : '', trial.endsAt ? h(TrialClock) : null]) : null,
      ])
    }
    function steps(each, call) {
      if (!call) return null
      const doing = []
      if (may('take')) doing.push(button(['接听', h('kbd', null, 'F2')], { look: 'primary', class: 'take', busy: props.busy === 'take', onClick: () => emit('take') }))
      if (may('hold')) doing.push(button(['保持', h('kbd', null, 'F7')], { onClick: hold }))
      if (may('resume')) doing.push(button(['恢复通话', h('kbd', null, 'F7')], { look: 'primary', onClick: hold }))
      if (may('hang_up')) doing.push(button(['转接 / 结束', h('kbd', null, 'F10')], { onClick: () => emit('end') }))
      if (may('finish')) doing.push(button(['话后完成', h('kbd', null, 'F10')], { look: call.case_nos.length ? 'primary' : 'plain', onClick: () => step('finish') }))
      return h('div', { class: 'composer closed call-do' }, [
        ...doing,
        !doing.length ? h('p', { class: 'quiet' }, call.state === 'ended' ? '这通电话已经结束。' : `${each.staff_name}正在接听。`) : null,
        lines.value.length
          ? h('span', { class: 'hint' }, call.mine ? [h('kbd', null, 'F4'), ' 改上一句  ', h('kbd', null, 'F8'), ' 听录音'] : [h('kbd', null, 'F8'), ' 听录音'])
          : null,
      ])
    }
    function player(call) {
      if (!call?.legs.some(({ recorded }) => recorded)) return null
      return h('div', { class: ['player', { shown: recording.address }] }, [
        h('audio', {
          ref: use,
          controls: true,
          preload: 'none',
          'aria-label': '通话录音',
          src: recording.address || undefined,
          onTimeupdate: heard,
          onPlay: () => {
            recording.on = true
          },
          onPause: () => {
            recording.on = false
          },
          onEnded: () => {
            recording.line = ''
          },
        }),
      ])
    }

    return () => {
      const each = item.value
      const { call } = open
      const scrolled = () => {
        const { scrollTop, scrollHeight, clientHeight } = box.value
        atEnd = scrollHeight - scrollTop - clientHeight < 120
      }
      return h('section', { class: 'talk-pane call-pane', 'aria-label': '通话' }, [
        head(each, call),
        h('ol', { class: 'talk', ref: box, onScroll: scrolled, role: 'log', 'aria-live': 'polite' }, [
          ...open.entries.filter((entry) => entry.role === 'mark' || entry.text || entry.corrected).map(line),
          ...partials.value.map(partialLine),
          !open.entries.length && !partials.value.length
            ? h('li', { key: 'none', class: 'quiet none' }, each.state === 'waiting' ? '接听以后，来电人说的话会写在这里。' : '还没有人说话。')
            : null,
        ]),
        h('div', { class: 'call-foot' }, [
          trial.item === open.id ? trialNote() : null,
          player(call),
          recording.problem ? problemNote({ detail: recording.problem }) : null,
          problemNote(props.problem ?? problem.value ?? open.problem),
          steps(each, call),
        ]),
      ])
    }
  },
}
