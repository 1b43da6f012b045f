// What was said, and the box to answer. The assistant's part is quieter than what people say.

import { computed, h, nextTick, onBeforeUnmount, onMounted, ref, watch } from '../desk/vue.js'
import { icon } from '../desk/icons.js'
import { button, emptyPlace, problemNote } from '../desk/controls.js'
import { grouped } from '../desk/case_number.js'
import { fullTime, shortTime } from '../desk/clock.js'
import { revealsReporters } from '../desk/session.js'
import { channelOf, kindOf, split } from './kinds.js'
import { sinceWords, waitTone, waited } from './list_pane.js'
import { drop, again, outbox, post } from './outbox.js'
import { keep, kept } from './storage.js'
import { item, mine, open, reveal, wire } from './wire.js'

const NAMES = { resident: '居民', assistant: '智能助手', staff: '人工', system: '系统' }

/** Where a field's words came from: `{id, text}` of the line to be shown. */
export const pointed = ref(null)

export function marked(entry) {
  const at = pointed.value?.id === entry.id ? entry.text.indexOf(pointed.value.text) : -1
  if (at < 0 || !pointed.value.text) return entry.text
  const { text } = pointed.value
  return [entry.text.slice(0, at), h('mark', null, text), entry.text.slice(at + text.length)]
}

function attached(file) {
  const address = file.id ? kindOf(open.id).photo(split(open.id).number, file) : ''
  if (!address) return h('span', { class: 'quiet' }, '正在取回…')
  if (file.media_type.startsWith('audio/')) {
    return /^audio\/amr/.test(file.media_type)
      ? h('a', { href: address, download: '' }, '下载语音')
      : h('audio', { controls: true, preload: 'none', src: address })
  }
  return h('a', { href: address, target: '_blank', rel: 'noopener' }, h('img', { src: address, alt: '居民发来的照片' }))
}

function place({ label, lat, lng }) {
  return h('span', { class: 'pinned' }, [icon('pin'), label || `${lat.toFixed(5)}, ${lng.toFixed(5)}`])
}

function entryRow(entry) {
  if (entry.role === 'mark')
    return h('li', { key: entry.id, class: 'said by-mark' }, [entry.text, entry.name ? ` · ${entry.name}` : '', ` · ${shortTime(entry.at)}`])
  return h('li', { key: entry.id, id: `said-${entry.id}`, class: ['said', `by-${entry.role}`, { on: pointed.value?.id === entry.id }] }, [
    h('div', { class: 'said-who' }, [
      entry.role === 'note' ? [icon('lock', { size: 12 }), `内部备注 · ${entry.name}`] : entry.name || NAMES[entry.role],
      h('time', { datetime: entry.at, title: fullTime(entry.at) }, shortTime(entry.at).slice(-5)),
    ]),
    h('div', { class: 'said-words' }, [
      entry.text ? h('p', null, marked(entry)) : null,
      entry.location ? place(entry.location) : null,
      entry.attachments?.map(attached),
      entry.case_no ? h('a', { href: `/desk/cases/${entry.case_no}`, target: '_blank', rel: 'noopener', class: 'number' }, `案件 ${grouped(entry.case_no)}`) : null,
      entry.choices?.length ? h('p', { class: 'quiet small' }, `可选：${entry.choices.join(' / ')}`) : null,
    ]),
  ])
}

function waitingRow(one) {
  return h('li', { key: one.client_id, class: ['said', one.what === 'notes' ? 'by-note' : 'by-staff', 'going'] }, [
    h('div', { class: 'said-who' }, one.problem ? '没有发出' : wire.state === 'up' ? '正在发送' : '断网，连上就发'),
    h('div', { class: 'said-words' }, h('p', null, one.text)),
    one.problem
      ? h('div', { class: 'said-problem', role: 'alert' }, [
          one.problem,
          button('再发一次', { look: 'quiet', onClick: () => again(one.item) }),
          button('不发了', { look: 'quiet', onClick: () => drop(one.client_id) }),
        ])
      : null,
  ])
}

/** `onTake`, `onWords`, `onEnd` ask for what is done outside. */
export const TalkPane = {
  props: { busy: String, problem: Object },
  emits: ['take', 'words', 'end', 'back'],
  setup(props, { emit, expose }) {
    const box = ref(null)
    const area = ref(null)
    const draft = ref('')
    const asNote = ref(false)
    const revealing = ref(null)
    let atEnd = true
    let resized = null

    const going = computed(() => outbox.waiting.filter(({ item: id }) => id === open.id))
    const stored = () => `draft.${open.id}`

    watch(
      () => open.id,
      () => {
        const before = open.id ? kept(stored(), null) : null
        draft.value = before?.text ?? ''
        asNote.value = before?.note ?? false
        revealing.value = null
        pointed.value = null
        atEnd = true
      },
      { immediate: true },
    )
    watch([draft, asNote], () => {
      if (open.id) keep(stored(), draft.value ? { text: draft.value, note: asNote.value } : null)
    })
    watch(
      () => [open.entries.length, going.value.length, open.id],
      () => atEnd && box.value?.scrollTo(0, box.value.scrollHeight),
      { flush: 'post' },
    )
    watch(pointed, (to) => {
      if (to) nextTick(() => document.getElementById(`said-${to.id}`)?.scrollIntoView({ block: 'center' }))
    })

    function submit() {
      const text = draft.value.trim()
      if (!text || (!asNote.value && !mine(item.value))) return
      post(open.id, asNote.value ? 'notes' : 'replies', text)
      draft.value = ''
      keep(stored(), null)
      asNote.value = false
      atEnd = true
    }
    function pressed(event) {
      if (event.key !== 'Enter' || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      submit()
    }
    function focus() {
      area.value?.focus()
    }
    let focusing = false
    /** As soon as the service says that the open conversation is one's own. */
    function focusOnceMine() {
      focusing = true
    }
    watch(
      () => mine(item.value),
      (own) => {
        if (own && focusing) nextTick(focus)
        if (own) focusing = false
      },
    )
    function note() {
      asNote.value = !asNote.value
      nextTick(focus)
    }
    function insert(text) {
      draft.value = draft.value ? `${draft.value}${text}` : text
      nextTick(() => {
        focus()
        area.value?.setSelectionRange(draft.value.length, draft.value.length)
      })
    }
    async function show() {
      revealing.value = null
      try {
        await reveal()
      } catch (error) {
        revealing.value = error
      }
    }
    expose({ focus, focusOnceMine, note, insert, show })
    const scrolled = () => {
      const { scrollTop, scrollHeight, clientHeight } = box.value
      atEnd = scrollHeight - scrollTop - clientHeight < 120
    }
    const released = (event) => {
      if (event.key === 'Escape' && asNote.value) asNote.value = false
    }
    onMounted(() => {
      window.addEventListener('keydown', released)
      // the box shrinks when the answer below grows: what was at the end stays there
      resized = new ResizeObserver(() => atEnd && box.value?.scrollTo(0, box.value.scrollHeight))
    })
    watch(box, (to, before) => {
      if (before) resized?.unobserve(before)
      if (to) resized?.observe(to)
    })
    onBeforeUnmount(() => {
      window.removeEventListener('keydown', released)
      resized?.disconnect()
    })

    function head(each) {
      const channel = channelOf(each.channel)
      const tone = waitTone(each)
      return h('header', { class: 'talk-head' }, [
        button('列表', { look: 'quiet', glyph: 'back', class: 'only-narrow', onClick: () => emit('back') }),
        icon(channel.icon, { label: channel.label }),
        h('strong', null, open.phone || each.phone || `${channel.label}居民`),
        each.state === 'held'
          ? h('span', { class: 'tag busy' }, mine(each) ? '我在处理' : `${each.staff_name}在处理`)
          : h('span', { class: ['tag', each.state === 'waiting' ? 'care' : ''] }, { waiting: '等待接手', callback: '待回电', ended: '已结束' }[each.state]),
        each.due_at ? h('span', { class: ['clock', tone] }, `等了 ${waited(each.asked_at)} / 3:00`) : h('span', { class: 'quiet' }, sinceWords(each)),
        revealsReporters.value && !open.revealed
          ? button('显示号码', { look: 'quiet', glyph: 'eye', title: 'Alt+X；会记入审计', onClick: show })
          : open.revealed
            ? h('span', { class: 'quiet small' }, '已显示，已记入审计')
            : null,
      ])
    }
    function composer(each) {
      const own = mine(each)
      if (!own && !asNote.value) {
        return h('div', { class: 'composer closed' }, [
          each.state === 'held'
            ? h('p', { class: 'quiet' }, `${each.staff_name}正在处理。`)
            : button(each.state === 'callback' ? '接过来，在这里回复' : each.state === 'ended' ? '已结束' : '接手', {
                look: 'primary',
                busy: props.busy === 'take',
                disabled: each.state === 'ended',
                onClick: () => emit('take'),
                class: 'take',
              }),
          each.state === 'callback' ? button('已回电，登记结果', { onClick: () => emit('end') }) : null,
          h('span', { class: 'hint' }, [h('kbd', null, 'F2'), ' 接手  ', h('kbd', null, 'F8'), ' 备注']),
        ])
      }
      return h('div', { class: ['composer', { noting: asNote.value }] }, [
        h('label', { class: 'hidden', for: 'composer' }, asNote.value ? '内部备注' : '回复居民'),
        h('textarea', {
          id: 'composer',
          ref: area,
          rows: 2,
          maxlength: 5000,
          value: draft.value,
          placeholder: asNote.value ? '内部备注，居民看不到' : '回复居民，Enter 发送，Shift+Enter 换行',
          onInput: (event) => {
            draft.value = event.target.value
          },
          onKeydown: pressed,
        }),
        h('div', { class: 'composer-do' }, [
          button(['常用语', h('kbd', null, 'F7')], { look: 'quiet', onClick: () => emit('words') }),
          button([asNote.value ? '改为回复' : '备注', h('kbd', null, 'F8')], { look: 'quiet', onClick: note }),
          own ? button(['交回 / 结束', h('kbd', null, 'F10')], { look: 'quiet', onClick: () => emit('end') }) : null,
          button(asNote.value ? '记下备注' : '发送', { look: 'primary', disabled: !draft.value.trim(), onClick: submit, class: 'send' }),
        ]),
      ])
    }

    return () => {
      const each = item.value
      if (!open.id || !each)
        return h('section', { class: 'talk-pane', 'aria-label': '对话' }, [
          emptyPlace('wechat', open.id ? '这个对话已经不在列表里' : '选一个对话', [
            h('p', { class: 'quiet' }, ['按 ', h('kbd', null, 'F2'), ' 接手等得最久的一位。']),
            problemNote(props.problem),
          ]),
        ])
      return h('section', { class: 'talk-pane', 'aria-label': '对话' }, [
        head(each),
        h('ol', { class: 'talk', ref: box, onScroll: scrolled, role: 'log', 'aria-live': 'polite' }, [
          ...open.entries.map(entryRow),
          ...going.value.map(waitingRow),
        ]),
        problemNote(props.problem ?? revealing.value ?? open.problem),
        composer(each),
      ])
    }
  },
}
