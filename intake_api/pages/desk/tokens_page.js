// Tokens of programs, for the system administrator.

import { h, onMounted, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { CopyButton, Sheet, TextField, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { ago, fullTime, shortTime } from './clock.js'

const KINDS = [
  { code: 'partner', label: '外部系统', help: '用 Open311 接口和事件流的伙伴系统' },
  { code: 'channel', label: '渠道', help: '代市民报事的渠道程序' },
]

const IssueSheet = {
  emits: ['close', 'made'],
  setup(_props, { emit }) {
    const name = ref('')
    const kind = ref('partner')
    const made = ref(null)
    const problem = ref(null)
    const busy = ref(false)
    async function submit(event) {
      event.preventDefault()
      if (busy.value || name.value.trim().length < 2) return
      busy.value = true
      problem.value = null
      try {
        made.value = await ask('POST', '/tokens', { body: { name: name.value.trim(), role: kind.value } })
        emit('made')
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    return () =>
      h(Sheet, { title: made.value ? '令牌已签发' : '签发令牌', onClose: () => emit('close') }, () =>
        made.value
          ? [
              h('p', null, ['请把令牌交给“', h('strong', null, name.value.trim()), '”的管理者，写进它的设置。']),
              h('div', { class: 'one-time' }, [
                h('code', null, made.value.token),
                h(CopyButton, { text: made.value.token, words: '复制令牌' }),
              ]),
              h('p', { class: 'note' }, [icon('lock'), h('span', null, '只显示这一次。关上这个窗口后不会再显示。')]),
              h('div', { class: 'sheet-do' }, button('知道了', { look: 'primary', onClick: () => emit('close') })),
            ]
          : h('form', { class: 'add-staff', onSubmit: submit, novalidate: true }, [
              h(TextField, {
                label: '给谁用',
                value: name.value,
                autofocus: true,
                maxlength: 100,
                hint: '写明单位和系统，如“区城运平台”。',
                problem: problem.value?.at('/name') ?? '',
                onInput: (text) => {
                  name.value = text
                },
              }),
              h('fieldset', { class: 'roles' }, [
                h('legend', null, '种类'),
                h(
                  'div',
                  { class: 'role-list two' },
                  KINDS.map(({ code, label, help }) =>
                    h('label', { key: code, class: ['role', { on: kind.value === code }] }, [
                      h('input', {
                        type: 'radio',
                        name: 'token-kind',
                        checked: kind.value === code,
                        onChange: () => {
                          kind.value = code
                        },
                      }),
                      h('span', null, [h('strong', null, label), h('small', null, help)]),
                    ]),
                  ),
                ),
              ]),
              problem.value && !problem.value.at('/name') ? problemNote(problem.value) : null,
              h('div', { class: 'sheet-do' }, [
                button('取消', { onClick: () => emit('close') }),
                button('签发', {
                  look: 'primary',
                  type: 'submit',
                  busy: busy.value,
                  disabled: name.value.trim().length < 2,
                }),
              ]),
            ]),
      )
  },
}

export const TokensPage = {
  setup() {
    const items = ref(null)
    const problem = ref(null)
    const issuing = ref(false)
    const asking = ref(null)
    const busy = ref(false)
    async function look() {
      problem.value = null
      try {
        items.value = (await ask('GET', '/tokens')).items
      } catch (error) {
        problem.value = error
      }
    }
    onMounted(look)
    async function revoke() {
      busy.value = true
      try {
        await ask('DELETE', `/tokens/${asking.value.id}`)
        asking.value = null
        await look()
      } catch (error) {
        problem.value = error
        asking.value = null
      } finally {
        busy.value = false
      }
    }
    const cell = (title, children) => h('td', { 'data-title': title }, h('span', null, children))
    const time = (at) => h('time', { title: fullTime(at) }, `${shortTime(at)} · ${ago(at)}`)
    const row = (item) =>
      h('tr', { key: item.id }, [
        cell('给谁用', h('strong', null, item.name)),
        cell('种类', item.role_label),
        cell('签发', time(item.created_at)),
        cell('最近使用', item.last_used_at ? time(item.last_used_at) : h('span', { class: 'quiet' }, '还没有用过')),
        h(
          'td',
          { 'data-title': '状态' },
          item.revoked_at
            ? h('span', { class: 'tag off', title: fullTime(item.revoked_at) }, '已撤销')
            : button('撤销', {
                onClick: () => {
                  asking.value = item
                },
              }),
        ),
      ])
    return () =>
      h('main', { class: 'page' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '令牌'),
          h('span', { class: 'quiet' }, '程序凭令牌调用接口；人用账号登录'),
          button('签发令牌', {
            look: 'primary',
            glyph: 'plus',
            class: 'at-end',
            onClick: () => {
              issuing.value = true
            },
          }),
        ]),
        problemNote(problem.value, look),
        !items.value && !problem.value ? h('div', { class: 'card' }, skeleton(6)) : null,
        items.value && !items.value.length ? emptyPlace('plug', '还没有令牌', h('p', null, '接入外部系统时在这里签发。')) : null,
        items.value?.length
          ? h(
              'div',
              { class: 'table-box' },
              h('table', { class: 'staff' }, [
                h(
                  'thead',
                  null,
                  h(
                    'tr',
                    null,
                    ['给谁用', '种类', '签发', '最近使用', '状态'].map((title) => h('th', { scope: 'col' }, title)),
                  ),
                ),
                h('tbody', null, items.value.map(row)),
              ]),
            )
          : null,
        issuing.value
          ? h(IssueSheet, {
              onClose: () => {
                issuing.value = false
              },
              onMade: look,
            })
          : null,
        asking.value
          ? h(
              Sheet,
              {
                title: '撤销令牌',
                onClose: () => {
                  asking.value = null
                },
              },
              () => [
                h('p', null, ['撤销后“', h('strong', null, asking.value.name), '”马上不能再调用接口，不能恢复。']),
                h('div', { class: 'sheet-do' }, [
                  button('取消', {
                    onClick: () => {
                      asking.value = null
                    },
                  }),
                  button('撤销', { look: 'primary', busy: busy.value, onClick: revoke }),
                ]),
              ],
            )
          : null,
      ])
  },
}
