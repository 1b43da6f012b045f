// Webhooks, for the system administrator: whom we tell what happens, how it goes, and what could not be told.

import { computed, h, onBeforeUnmount, onMounted, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, CopyButton, Sheet, TextField, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { ago, fullTime, shortTime } from './clock.js'
import { reference } from './reference.js'
import { grouped } from './case_number.js'

const LOOK_AGAIN = 15_000
const TONES = { active: 'done', paused: 'care', disabled: 'off' }

/** The secret, shown once. */
const SecretSheet = {
  props: { made: Object },
  emits: ['close'],
  setup(props, { emit }) {
    return () =>
      h(Sheet, { title: '签名密钥', onClose: () => emit('close') }, () => [
        h('p', null, ['请把下面的密钥交给', h('strong', null, props.made.name), '的开发人员，用来核对推送的签名。']),
        h('div', { class: 'one-time' }, [
          h('code', null, props.made.secret),
          h(CopyButton, { text: props.made.secret, words: '复制密钥' }),
        ]),
        h('p', { class: 'note' }, [
          icon('clock'),
          h(
            'span',
            null,
            props.made.old_secret_until
              ? '关上这个窗口后不会再显示。旧密钥一天内仍然有效，请在此之前换上新的。'
              : '关上这个窗口后不会再显示，请先复制。',
          ),
        ]),
        h('div', { class: 'sheet-do' }, button('知道了', { look: 'primary', onClick: () => emit('close') })),
      ])
  },
}

const AddSheet = {
  emits: ['close', 'made'],
  setup(_props, { emit }) {
    const entry = reactive({ name: '', url: '', department: '', partner: '' })
    const problem = ref(null)
    const busy = ref(false)
    async function submit(event) {
      event.preventDefault()
      if (busy.value) return
      busy.value = true
      problem.value = null
      try {
        const body = {
          name: entry.name.trim(),
          url: entry.url.trim(),
          department_id: entry.department,
          partner: entry.department ? '' : entry.partner.trim(),
        }
        const made = await ask('POST', '/webhooks', { body })
        emit('made', { ...made, name: body.name })
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    const named = ['/name', '/url', '/partner', '/department_id']
    const field = (key, label, hint, pointer, extra = {}) =>
      h(TextField, {
        label,
        hint,
        value: entry[key],
        autocomplete: 'off',
        problem: problem.value?.at(pointer),
        onInput: (text) => {
          entry[key] = text
        },
        ...extra,
      })
    return () =>
      h(Sheet, { title: '新增订阅', wide: true, onClose: () => emit('close') }, () =>
        h('form', { class: 'add-staff', onSubmit: submit, novalidate: true }, [
          field('name', '名称', '如“区城运平台”。', '/name', { autofocus: true, maxlength: 100 }),
          field('url', '推送地址', '对方接收事件的地址，以 https:// 开头。', '/url', { maxlength: 2000 }),
          h(ChoiceBox, {
            label: '属于哪个部门（只推送该部门承办、协办的案件）',
            placeholder: '不属于部门，是外部系统',
            options: reference.departments.map(({ id, name }) => ({ value: id, label: name })),
            value: entry.department,
            onPick: (id) => {
              entry.department = id
            },
          }),
          problem.value?.at('/department_id')
            ? h('p', { class: 'field-note bad', role: 'alert' }, problem.value.at('/department_id'))
            : null,
          entry.department
            ? null
            : field('partner', '外部系统', '签发 partner 令牌时写的名称；推送全部案件，不含理由。', '/partner', {
                maxlength: 100,
              }),
          problem.value && !named.some((pointer) => problem.value.at(pointer)) ? problemNote(problem.value) : null,
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('新增并显示密钥', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}

/** What could not be delivered to one receiver, and a way to try again. */
const LettersSheet = {
  props: { webhook: Object },
  emits: ['close', 'replayed'],
  setup(props, { emit }) {
    const letters = ref(null)
    const problem = ref(null)
    const busy = ref(0)
    const path = `/webhooks/${props.webhook.id}/dead-letters`
    async function look() {
      problem.value = null
      try {
        letters.value = (await ask('GET', path)).items
      } catch (error) {
        problem.value = error
      }
    }
    async function replay(ids, which) {
      busy.value = which
      problem.value = null
      try {
        await ask('POST', `${path}/replay`, { body: { ids } })
        emit('replayed')
        await look()
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = 0
      }
    }
    onMounted(look)
    return () =>
      h(Sheet, { title: `未能送达：${props.webhook.name}`, wide: true, onClose: () => emit('close') }, () => [
        h('p', { class: 'quiet' }, '补发按事件先后进行，先于新的事件；补发成功的从这里消失。'),
        problemNote(problem.value, look),
        !letters.value && !problem.value ? skeleton(4) : null,
        letters.value && !letters.value.length ? emptyPlace('check', '都送达了') : null,
        letters.value?.length
          ? h(
              'ul',
              { class: 'letters' },
              letters.value.map((letter) =>
                h('li', { key: letter.id }, [
                  h('div', null, [
                    h('strong', { class: 'figure' }, grouped(letter.case_no)),
                    ` ${letter.kind_label}`,
                    h('p', { class: 'quiet' }, `试了 ${letter.attempts} 次：${letter.last_error}`),
                    h('time', { class: 'quiet', title: fullTime(letter.failed_at) }, `放弃于 ${shortTime(letter.failed_at)}`),
                  ]),
                  letter.replaying
                    ? h('span', { class: 'tag new' }, '等待补发')
                    : button('补发', {
                        busy: busy.value === letter.id,
                        onClick: () => replay([letter.id], letter.id),
                      }),
                ]),
              ),
            )
          : null,
        h('div', { class: 'sheet-do' }, [
          button('关闭', { onClick: () => emit('close') }),
          letters.value?.some((letter) => !letter.replaying)
            ? button('全部补发', { look: 'primary', busy: busy.value === -1, onClick: () => replay([], -1) })
            : null,
        ]),
      ])
  },
}

function fact(title, ...words) {
  return h('div', { class: 'fact' }, [h('dt', null, title), h('dd', null, words)])
}

function when(moment) {
  return h('time', { title: fullTime(moment) }, `${shortTime(moment)} · ${ago(moment)}`)
}

export const WebhooksPage = {
  setup() {
    const items = ref(null)
    const problem = ref(null)
    const adding = ref(false)
    const made = ref(null)
    const letters = ref(null)
    const busy = ref(0)
    const troubled = computed(
      () => (items.value ?? []).filter((item) => item.dead_letters || item.attempts || item.state !== 'active').length,
    )
    async function look(background = false) {
      try {
        items.value = (await ask('GET', '/webhooks', { background })).items
        problem.value = null
      } catch (error) {
        problem.value = error
      }
    }
    async function act(item, method, path, body) {
      busy.value = item.id
      problem.value = null
      try {
        return await ask(method, path, { body })
      } catch (error) {
        problem.value = error
        return null
      } finally {
        busy.value = 0
        look()
      }
    }
    async function rotate(item) {
      const answer = await act(item, 'POST', `/webhooks/${item.id}/secret`)
      if (answer) made.value = { ...answer, name: item.name }
    }
    onMounted(() => look())
    const timer = setInterval(() => document.visibilityState === 'visible' && look(true), LOOK_AGAIN)
    onBeforeUnmount(() => clearInterval(timer))

    function card(item) {
      const active = item.state === 'active'
      return h('li', { key: item.id, class: ['hook', { troubled: item.attempts || !active }] }, [
        h('div', { class: 'hook-head' }, [
          h('h2', null, item.name),
          h('span', { class: ['tag', active && item.attempts ? 'care' : TONES[item.state]] }, [
            active && item.attempts ? '重试中' : item.state_label,
          ]),
          h('span', { class: 'quiet' }, `${item.department_id ? '部门' : '外部系统'}：${item.owner_name}`),
        ]),
        h('p', { class: 'hook-url' }, h('code', null, item.url)),
        item.state_reason ? h('p', { class: 'quiet' }, item.state_reason) : null,
        h('dl', { class: 'hook-facts' }, [
          fact('落后', h('span', { class: 'figure' }, item.behind ? `${item.behind} 个事件` : '无')),
          fact('最近送达', item.last_delivered_at ? when(item.last_delivered_at) : '还没有'),
          item.last_error ? fact('最近出错', `${item.last_error}（连续 ${item.attempts} 次）`) : null,
          item.next_attempt_at && active ? fact('下次重试', shortTime(item.next_attempt_at)) : null,
          item.kinds.length ? fact('只推送', item.kind_labels.join('、')) : null,
        ]),
        h('div', { class: 'hook-do' }, [
          item.dead_letters
            ? button(`未能送达 ${item.dead_letters}`, {
                glyph: 'alert',
                onClick: () => {
                  letters.value = item
                },
              })
            : null,
          button(active ? '暂停' : '恢复', {
            busy: busy.value === item.id,
            onClick: () => act(item, 'PATCH', `/webhooks/${item.id}`, { state: active ? 'paused' : 'active' }),
          }),
          button('更换密钥', { look: 'quiet', onClick: () => rotate(item) }),
        ]),
      ])
    }

    return () =>
      h('main', { class: 'page hooks' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '事件推送'),
          h(
            'span',
            { class: 'quiet' },
            items.value ? `${items.value.length} 个订阅${troubled.value ? `，${troubled.value} 个要留心` : ''}` : '',
          ),
          button('新增订阅', {
            look: 'primary',
            glyph: 'plus',
            onClick: () => {
              adding.value = true
            },
          }),
        ]),
        problemNote(problem.value, () => look()),
        !items.value && !problem.value ? h('div', { class: 'card' }, skeleton(6)) : null,
        items.value && !items.value.length
          ? emptyPlace('plug', '还没有订阅', h('p', null, '案件有进展时，可以主动推送给部门或外部系统。'))
          : null,
        items.value?.length ? h('ul', { class: 'hook-list' }, items.value.map(card)) : null,
        adding.value
          ? h(AddSheet, {
              onClose: () => {
                adding.value = false
              },
              onMade: (answer) => {
                adding.value = false
                made.value = answer
                look()
              },
            })
          : null,
        made.value
          ? h(SecretSheet, {
              made: made.value,
              onClose: () => {
                made.value = null
              },
            })
          : null,
        letters.value
          ? h(LettersSheet, {
              webhook: letters.value,
              onReplayed: () => look(),
              onClose: () => {
                letters.value = null
              },
            })
          : null,
      ])
  },
}
