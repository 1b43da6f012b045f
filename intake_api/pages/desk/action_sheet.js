// Doing something with a case: one sheet for every action, with the fields that its body has.
// Beside the case on a desktop, so that both can be read; over it from below on a phone.

import { computed, h, nextTick, onBeforeUnmount, onMounted, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { button, iconButton, problemNote } from './controls.js'
import { ACTIONS, bodyOf, emptyEntry, missing } from './action_table.js'
import { actionField, startsWriting } from './action_fields.js'
import { endOfDay, fullTime, shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { stateOf } from './labels.js'
import { session } from './session.js'
import { RulingView, proposedDepartments, weigh } from './ruling.js'

const NARROW = '(max-width: 759px)'
const DECIDES_WHO = new Set(['adjudicate', 'dispatch'])
const apple = /Mac|iPhone|iPad/.test(navigator.platform)

/**
 * What was entered and not sent, by person, case and action: neither a closed sheet, a broken line nor a session that
 * ran out loses a word, and nobody finds another's. It is kept in memory only.
 */
const drafts = new Map()
const keyOf = (number, action) => [session.staff?.id, number, action].join(' ')

window.addEventListener('beforeunload', (event) => {
  const unsent = [...drafts.keys()]
    .map((key) => key.split(' '))
    .filter(([person]) => person === String(session.staff?.id))
  if (unsent.some(([, number, action]) => hasDraft(number, action))) event.preventDefault()
})

function draftOf(number, action) {
  const key = keyOf(number, action)
  if (!drafts.has(key)) drafts.set(key, reactive(emptyEntry(action)))
  return drafts.get(key)
}

/** Whether words or photos of an action wait to be sent. */
export function hasDraft(number, action) {
  const entry = drafts.get(keyOf(number, action))
  const empty = emptyEntry(action)
  // which task is answered was chosen for the person, not by them
  return (
    Boolean(entry) && Object.keys(empty).some((name) => name !== 'task' && String(entry[name]) !== String(empty[name]))
  )
}

/** What is shown above the fields of an answer: the question. */
function question(tasks) {
  return tasks.map((task) =>
    h('div', { key: task.id, class: 'question' }, [
      h('p', { class: 'saying-head' }, [
        h('strong', null, task.department ? `${task.kind_label}：${task.department.name}` : `${task.kind_label}申请`),
        h('time', { class: 'quiet', datetime: task.asked_at }, shortTime(task.asked_at)),
      ]),
      task.reason ? h('p', { class: 'event-reason' }, task.reason) : null,
      task.until ? h('p', { class: 'quiet' }, `到 ${fullTime(task.until)}`) : null,
    ]),
  )
}

/**
 * `action` of `item`, whose `events` are shown beside; `label` is its name; `start` fills fields before anything is
 * typed; `possible`: the case still offers it. Emits `done` with the case after, `close`, and `stale` when what is
 * shown is older than the case.
 */
export const ActionSheet = {
  props: { action: String, label: String, item: Object, events: Array, start: Object, possible: Boolean },
  emits: ['done', 'close', 'stale'],
  setup(props, { emit }) {
    const spec = ACTIONS[props.action]
    const entry = draftOf(props.item.case_no, props.action)
    for (const [name, value] of Object.entries(props.start ?? {})) entry[name] = value
    const element = ref(null)
    const problem = ref(null)
    const busy = ref(false)
    const tried = ref(false)
    /** The version of the case that the person has looked at: only on it may anything be done. */
    const seen = ref(props.item.version)
    const weighed = ref(null)

    const tasks = computed(() =>
      (props.item.tasks ?? []).filter(({ kind, state }) => kind === spec.task && ['asked', 'granted'].includes(state)),
    )
    // help that waits for a decision comes before help that could be withdrawn
    if ('task' in entry)
      entry.task ??= (tasks.value.find(({ state }) => state === 'asked') ?? tasks.value[0])?.id ?? null
    const news = computed(() => (props.events ?? []).filter((event) => event.seq > seen.value))
    const lacks = computed(() => (tried.value ? missing(props.action, entry) : {}))
    const sending = computed(() => (entry.attachments ?? []).some((photo) => !photo.id && !photo.problem))
    const broken = computed(() => (entry.attachments ?? []).filter((photo) => photo.problem).length)

    onMounted(async () => {
      if (window.matchMedia(NARROW).matches) element.value.showModal()
      else element.value.show()
      await nextTick()
      begin()
      if (DECIDES_WHO.has(props.action)) weighed.value = await weigh(props.item)
    })

    /** Where hands begin: after the dialog has chosen by itself, which is the button that closes it. */
    function begin() {
      const body = element.value.querySelector('.act-body')
      // on a phone a field in focus brings the keyboard over what is to be read
      if (window.matchMedia(NARROW).matches) body.focus()
      // nothing to fill in, or the rules have an answer: Enter sends
      else if (!spec.fields.length || (props.action === 'dispatch' && props.item.status === 'filed'))
        element.value.querySelector('.act-foot .button.primary').focus()
      else if (startsWriting(spec.fields))
        body.querySelector('.field input, .field textarea').focus({ preventScroll: true })
      else body.focus()
    }

    function problemAt(name) {
      const pointed = problem.value?.errors?.find(
        ({ pointer }) => pointer === `/${name}` || pointer.startsWith(`/${name}/`),
      )
      return pointed?.detail ?? lacks.value[name] ?? ''
    }
    const elsewhere = computed(() => {
      const own = new Set(spec.fields.map(({ name }) => name))
      const errors = (problem.value?.errors ?? []).filter(({ pointer }) => !own.has(pointer.split('/')[1]))
      const placed = problem.value?.errors?.length && !errors.length
      return problem.value && !placed && problem.value.code !== 'case_changed' ? { detail: problem.value.detail } : null
    })

    async function send(event) {
      event?.preventDefault()
      if (busy.value || !props.possible) return
      tried.value = true
      problem.value = null
      if (news.value.length || Object.keys(missing(props.action, entry)).length || sending.value) {
        await nextTick()
        element.value.querySelector('.wrong input, .wrong textarea, .changed')?.focus()
        return
      }
      busy.value = true
      try {
        const body = bodyOf(props.action, entry, seen.value)
        if (body.until) body.until = endOfDay(body.until)
        const item = await ask('POST', `/cases/${props.item.case_no}/actions/${props.action}`, { body })
        drafts.delete(keyOf(props.item.case_no, props.action))
        emit('done', item)
      } catch (error) {
        problem.value = error
        if (error.code === 'case_changed' || error.code === 'not_in_this_state') emit('stale')
        await nextTick()
        element.value?.querySelector('.wrong input, .wrong textarea')?.focus()
      } finally {
        busy.value = false
      }
    }
    async function looked() {
      seen.value = props.item.version
      problem.value = null
      // the button that was pressed is gone: hands stay where they go on
      await nextTick()
      element.value.querySelector('.act-foot .button.primary').focus()
    }
    // on a desktop the case beside the sheet may have the focus: the sheet's keys hold there too
    function pressed(event) {
      const dialog = event.target.closest?.('dialog')
      if (event.isComposing || event.defaultPrevented || (dialog && dialog !== element.value)) return
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event)
      else if (event.key === 'Escape') {
        event.preventDefault()
        emit('close')
      }
    }
    window.addEventListener('keydown', pressed)
    onBeforeUnmount(() => window.removeEventListener('keydown', pressed))

    /** What others did meanwhile: nothing is sent before it was looked at, and no word is lost over it. */
    function changed() {
      if (!news.value.length) {
        return problem.value?.code === 'case_changed' ? problemNote({ detail: problem.value.detail }) : null
      }
      return h('div', { class: 'changed', role: 'alert', tabindex: -1 }, [
        h('p', null, [icon('alert'), h('strong', null, '您打开以后，案件又有变化')]),
        h(
          'ul',
          null,
          news.value.map((event) =>
            h('li', { key: event.seq }, [
              h('span', null, `${event.actor?.name ?? ''} ${event.kind_label}`),
              h('time', { class: 'quiet', datetime: event.at }, shortTime(event.at)),
              event.reason || event.remark ? h('p', { class: 'event-reason' }, event.reason || event.remark) : null,
            ]),
          ),
        ),
        h('div', { class: 'changed-do' }, [
          h('span', { class: 'quiet' }, '您写的都还在。'),
          button('先看案件', { class: 'only-phone', onClick: () => emit('close') }),
          button('看过了，继续', { look: 'primary', onClick: looked }),
        ]),
      ])
    }

    const field = (asked) =>
      actionField(asked, entry[asked.name], {
        problem: problemAt(asked.name),
        tasks: tasks.value,
        proposed:
          asked.name === 'department' && DECIDES_WHO.has(props.action)
            ? proposedDepartments(props.item, props.events ?? [], weighed.value)
            : null,
        otherwise:
          props.action === 'dispatch' && props.item.status === 'filed' && props.item.department
            ? `按职责表：${props.item.department.name}`
            : '',
        take: (value) => {
          entry[asked.name] = value
        },
      })

    return () =>
      h(
        'dialog',
        {
          ref: element,
          class: 'act',
          'aria-label': props.label,
          onCancel: (event) => {
            event.preventDefault()
            emit('close')
          },
          onClick: (event) => event.target === element.value && emit('close'),
        },
        h('form', { class: 'act-form', novalidate: true, onSubmit: send }, [
          h('header', { class: 'act-head' }, [
            h('h2', null, props.label),
            h('span', { class: 'quiet number' }, grouped(props.item.case_no)),
            iconButton('close', '收起（Esc），写的留着', () => emit('close')),
          ]),
          h('div', { class: 'act-body', tabindex: -1 }, [
            changed(),
            spec.says ? h('p', { class: 'quiet' }, spec.says) : null,
            ...(spec.fields.some(({ kind }) => kind === 'task') && tasks.value.length > 1 ? [] : question(tasks.value)),
            props.action === 'adjudicate' || (props.action === 'dispatch' && props.item.status === 'returned')
              ? h(RulingView, { item: props.item, events: props.events ?? [], weighed: weighed.value })
              : null,
            ...spec.fields.map(field),
          ]),
          h('footer', { class: 'act-foot' }, [
            elsewhere.value ? problemNote(elsewhere.value) : null,
            props.possible
              ? null
              : h(
                  'p',
                  { class: 'field-note bad', role: 'alert' },
                  `案件现在是“${stateOf(props.item.status).label}”，已不能${props.label}；您写的留在这里，可以复制。`,
                ),
            tried.value && sending.value
              ? h('p', { class: 'field-note', role: 'status' }, '照片还在上传，传完再提交。')
              : null,
            tried.value && broken.value && !sending.value
              ? h('p', { class: 'field-note bad' }, `有 ${broken.value} 张没有传上，请重试或去掉。`)
              : null,
            h('div', { class: 'sheet-do' }, [
              button('取消', { onClick: () => emit('close') }),
              button([props.label, h('kbd', { 'aria-hidden': 'true' }, apple ? '⌘⏎' : 'Ctrl ⏎')], {
                look: 'primary',
                type: 'submit',
                busy: busy.value,
                disabled: !props.possible,
                'aria-label': props.label,
              }),
            ]),
          ]),
        ]),
      )
  },
}
