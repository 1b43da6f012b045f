// What opens over the page: words that are often said, how a conversation ends, the keys.

import { h, nextTick, onMounted, ref } from '../desk/vue.js'
import { ask } from '../desk/api.js'
import { Sheet, button, problemNote, skeleton } from '../desk/controls.js'
import { grouped } from '../desk/case_number.js'
import { act, board, item, mine, open } from './wire.js'

/** Choose words by their number or by typing; Enter takes the first. They can be changed here, for everybody. */
export const WordsSheet = {
  emits: ['close', 'pick'],
  setup(_props, { emit }) {
    const items = ref(null)
    const typed = ref('')
    const editing = ref(null)
    const problem = ref(null)
    const input = ref(null)
    const load = async () => {
      try {
        items.value = (await ask('GET', '/channels/console/words')).items
        problem.value = null
      } catch (error) {
        problem.value = error
      }
    }
    onMounted(() => {
      load()
      nextTick(() => input.value?.focus())
    })
    const found = () =>
      (items.value ?? []).filter(({ title, text }) => !typed.value.trim() || `${title}${text}`.includes(typed.value.trim()))
    function take(one) {
      emit('pick', one.text)
      emit('close')
    }
    function pressed(event) {
      if (event.isComposing) return
      const shown = found()
      if (event.key === 'Enter' && shown[0]) {
        event.preventDefault()
        take(shown[0])
      } else if (/^[1-9]$/.test(event.key) && !typed.value && shown[event.key - 1]) {
        event.preventDefault()
        take(shown[event.key - 1])
      }
    }
    async function save(event) {
      event.preventDefault()
      const { id, title, text } = editing.value
      try {
        const address = `/channels/console/words${id ? `/${id}` : ''}`
        await ask(id ? 'PUT' : 'POST', address, { body: { title, text } })
        editing.value = null
        await load()
      } catch (error) {
        problem.value = error
      }
    }
    async function remove() {
      try {
        await ask('DELETE', `/channels/console/words/${editing.value.id}`)
        editing.value = null
        await load()
      } catch (error) {
        problem.value = error
      }
    }
    const editor = () =>
      h('form', { class: 'words-edit', onSubmit: save }, [
        h('label', { class: 'field' }, [
          h('span', { class: 'quiet' }, '名称'),
          h('span', { class: 'input' }, h('input', { value: editing.value.title, maxlength: 20, required: true, onInput: (event) => { editing.value.title = event.target.value } })),
        ]),
        h('label', { class: 'field' }, [
          h('span', { class: 'quiet' }, '内容'),
          h('span', { class: 'input' }, h('textarea', { value: editing.value.text, maxlength: 500, required: true, rows: 3, onInput: (event) => { editing.value.text = event.target.value } })),
        ]),
        h('div', { class: 'sheet-do' }, [
          editing.value.id ? button('删除', { look: 'quiet', onClick: remove }) : null,
          button('不改了', { onClick: () => { editing.value = null } }),
          button('保存，大家都能用', { look: 'primary', type: 'submit' }),
        ]),
      ])
    return () =>
      h(Sheet, { title: '常用语', onClose: () => emit('close') }, () => [
        problemNote(problem.value),
        editing.value
          ? editor()
          : [
              h('div', { class: 'input' }, h('input', { ref: input, value: typed.value, placeholder: '打字找，或按数字；Enter 用第一条', 'aria-label': '找常用语', onInput: (event) => { typed.value = event.target.value }, onKeydown: pressed })),
              items.value
                ? h(
                    'ol',
                    { class: 'words' },
                    found().map((one, i) =>
                      h('li', { key: one.id }, [
                        h('button', { type: 'button', class: 'word', onClick: () => take(one) }, [
                          i < 9 ? h('kbd', null, i + 1) : h('span'),
                          h('span', null, [h('strong', null, one.title), h('span', { class: 'quiet' }, one.text)]),
                        ]),
                        button('改', { look: 'quiet', onClick: () => { editing.value = { ...one } } }),
                      ]),
                    ),
                  )
                : skeleton(4),
              h('div', { class: 'sheet-do' }, [button('加一条', { glyph: 'plus', onClick: () => { editing.value = { id: null, title: '', text: '' } } })]),
            ],
      ])
  },
}

/** How it goes on: back to the assistant, closed, to a colleague, back to the line; or what came of a call-back. */
export const EndSheet = {
  emits: ['close', 'done'],
  setup(_props, { emit }) {
    const note = ref('')
    const busy = ref('')
    const problem = ref(null)
    const id = open.id
    const callback = item.value?.state === 'callback'
    async function go(what, body = {}) {
      if (busy.value) return
      busy.value = what + (body.to ?? '')
      problem.value = null
      try {
        await act(id, what, { note: note.value, ...body })
        emit('done', what)
        emit('close')
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = ''
      }
    }
    const colleagues = () => board.operators.filter(({ id: staff }) => staff !== board.me?.id)
    const choices = () => [
      { key: '1', words: '交回智能助手', help: '助手会知道你们说了什么，接着服务', run: () => go('give-back') },
      { key: '2', words: '结束', help: '事情办完了，向居民道别', run: () => go('close') },
      { key: '3', words: '放回队列', help: '请其他同事接手，排在原来的位置', run: () => go('hand-on') },
      ...colleagues().map(({ id: to, name, state }, i) => ({
        key: String(4 + i),
        words: `转给${name}`,
        help: state === 'ready' ? '就绪' : '小休',
        run: () => go('hand-on', { to }),
      })),
    ]
    function pressed(event) {
      if (callback || event.isComposing || event.target.closest('textarea')) return
      choices()
        .find(({ key }) => key === event.key)
        ?.run()
    }
    return () =>
      h(Sheet, { title: callback ? '回电结果' : '交回、结束或转交', onClose: () => emit('close') }, () =>
        h('div', { class: 'ending', onKeydown: pressed }, [
          problemNote(problem.value),
          callback
            ? null
            : h(
                'ul',
                { class: 'ending-choices' },
                choices().map(({ key, words, help, run }, i) =>
                  h('li', { key }, h('button', { type: 'button', class: 'word', onClick: run, autofocus: i === 0 || undefined, disabled: !mine(item.value) }, [h('kbd', null, key), h('span', null, [h('strong', null, words), h('span', { class: 'quiet' }, help)])])),
                ),
              ),
          item.value?.case_nos?.length ? h('p', { class: 'quiet' }, `已登记 ${item.value.case_nos.map(grouped).join('、')}`) : null,
          h('label', { class: 'field' }, [
            h('span', { class: 'quiet' }, callback ? '说了什么、怎么办（必填）' : '留一句给同事（可以不写）'),
            h('span', { class: 'input' }, h('textarea', { rows: 2, maxlength: 1000, value: note.value, autofocus: callback || undefined, onInput: (event) => { note.value = event.target.value } })),
          ]),
          callback
            ? h('div', { class: 'sheet-do' }, [button('登记已回电', { look: 'primary', busy: Boolean(busy.value), disabled: !note.value.trim(), onClick: () => go('called-back') })])
            : null,
        ]),
      )
  },
}

export const KEYS = [
  { keys: ['F2'], words: '接听、接手等得最久的一位（或打开的这一位）' },
  { keys: ['Alt', '↑ ↓'], words: '上一个、下一个对话' },
  { keys: ['F4'], words: '到回复框；电话：改上一句' },
  { keys: ['F6'], words: '到案件表' },
  { keys: ['F7'], words: '常用语，再按数字；电话：保持、恢复' },
  { keys: ['F8'], words: '内部备注；电话：听录音、暂停' },
  { keys: ['F9'], words: '登记；再按一次确认' },
  { keys: ['F10'], words: '交回、结束、转交，再按数字；电话：转接、结束、话后完成' },
  { keys: ['Alt', 'X'], words: '显示号码（记入审计）' },
  { keys: ['Alt', 'B'], words: '就绪 / 小休' },
  { keys: ['F1'], words: '显示或收起这张表' },
]

export const KeysSheet = {
  emits: ['close'],
  setup: (_props, { emit }) => () =>
    h(Sheet, { title: '快捷键', onClose: () => emit('close') }, () =>
      h(
        'dl',
        { class: 'keys' },
        KEYS.flatMap(({ keys, words }) => [h('dt', null, keys.map((key) => h('kbd', null, key))), h('dd', null, words)]),
      ),
    ),
}
